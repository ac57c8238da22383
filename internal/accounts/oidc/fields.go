package oidc

import "stadttor/internal/accounts"

// fields are the settings as the administrators' page draws them.
func fields() []accounts.Setting {
	return []accounts.Setting{
		{Key: "issuer", Label: "Adresse des Anbieters", Hint: "Aussteller (issuer) genau so, wie er in seinen Metadaten steht, mit https.", Type: accounts.SettingText, Need: true},
		{Key: "client_id", Label: "Kennung des Portals beim Anbieter", Hint: "client_id", Type: accounts.SettingText, Need: true},
		{Key: "client_auth", Label: "Nachweis gegenüber dem Anbieter", Hint: "private_key_jwt, client_secret_basic oder client_secret_post. Am sichersten ist private_key_jwt.", Type: accounts.SettingText, Need: true},
		{Key: SecretKey, Label: "Privater Schlüssel", Hint: "Nur für private_key_jwt: PEM oder JWK, RSA ab 3072 Bit oder P-256, P-384, P-521, Ed25519.", Type: accounts.SettingSecret},
		{Key: SecretPassword, Label: "Geheimnis", Hint: "Nur für client_secret_basic und client_secret_post: mindestens 16 Zeichen.", Type: accounts.SettingSecret},
		{Key: "key_algorithm", Label: "Verfahren der eigenen Unterschrift", Hint: "Leer: passend zum Schlüssel (PS256, ES256, ES384, ES512, EdDSA).", Type: accounts.SettingText},
		{Key: "key_id", Label: "Name des eigenen Schlüssels", Hint: "kid beim Anbieter. Leer: Fingerabdruck nach RFC 7638.", Type: accounts.SettingText},
		{Key: "key_audience", Label: "Empfänger des eigenen Nachweises", Hint: "issuer (üblich) oder token_endpoint für ältere Anbieter.", Type: accounts.SettingText},
		{Key: "scopes", Label: "Weitere Bereiche (scopes)", Hint: "Zum Beispiel profile, email, address. openid ist immer dabei.", Type: accounts.SettingLines},
		{Key: "algorithms", Label: "Erlaubte Unterschriften", Hint: "Leer: alle sicheren. Zum Einschränken zum Beispiel nur PS256.", Type: accounts.SettingLines},
		{Key: "other_audiences", Label: "Weitere Empfänger im Ausweis", Hint: "Nur wenn der Anbieter außer dem Portal noch andere Empfänger in aud nennt.", Type: accounts.SettingLines},
		{Key: "require_iss", Label: "Absender der Antwort verlangen", Hint: "Antworten ohne iss (RFC 9207) werden abgelehnt, auch wenn der Anbieter sie nicht ankündigt.", Type: accounts.SettingSwitch},
		{Key: "levels", Label: "Vertrauensniveaus", Hint: "Eine Zeile je acr: Wert = basis, substantiell oder hoch.", Type: accounts.SettingTable},
		{Key: "lowest_level", Label: "Niveau ohne bekannten acr", Hint: "none (Anmeldung wird abgelehnt) oder basis.", Type: accounts.SettingText},
		{Key: "ask_level", Label: "Wie wird das Niveau verlangt?", Hint: "acr_values (üblich), claims oder none.", Type: accounts.SettingText},
		{Key: "means", Label: "Name der Anmeldung", Hint: "Steht als Nachweis beim Antrag, zum Beispiel Passwort.", Type: accounts.SettingText, Need: true},
		{Key: "means_by_acr", Label: "Name je Niveau", Hint: "Eine Zeile je acr: Wert = eID.", Type: accounts.SettingTable},
		{Key: "userinfo", Label: "Angaben zusätzlich abrufen", Hint: "Vom Endpunkt userinfo. Der Ausweis (ID-Token) hat Vorrang.", Type: accounts.SettingSwitch},
		{Key: "profile", Label: "Angaben zur Person", Hint: "Eine Zeile je Angabe: given = given_name oder city = address > locality.", Type: accounts.SettingTable},
		{Key: "profile_levels", Label: "Wie sicher sind die Angaben?", Hint: "Eine Zeile je Angabe: given = hoch. Fehlt die Zeile, gilt die Angabe als nicht geprüft.", Type: accounts.SettingTable},
		{Key: "verified_by", Label: "Geprüft nur, wenn …", Hint: "Eine Zeile je Angabe: mail = email_verified.", Type: accounts.SettingTable},
		{Key: "company_claim", Label: "Woran erkennt man Organisationskonten?", Hint: "Name der Angabe. Leer: nur Personen.", Type: accounts.SettingText},
		{Key: "company_values", Label: "Werte für Organisationskonten", Hint: "Eine Zeile je Wert.", Type: accounts.SettingLines},
	}
}
