package local

// common are the words from which most guessed passwords are built, folded as
// plainWord does: German and English classics of published lists, months,
// seasons, days, clubs, pets, first names. A list of our own, not a copy; long
// passwords are the protection, this list only catches the laziest.
var common = foldAll(
	"passwort", "password", "passwd", "kennwort", "losung", "geheim", "secret", "schluessel", "zugang", "anmelden", "anmeldung", "login", "logon", "admin", "administrator", "root", "benutzer", "user", "gast", "guest", "test", "demo", "system", "default", "standard", "master", "server", "computer", "internet", "email", "konto", "account", "pass", "pwd", "changeme", "aendern",
	"willkommen", "welcome", "hallo", "hello", "servus", "moin", "tschuess", "bitte", "danke", "letmein", "lassmichrein", "sesam", "oeffnedich",
	"ichliebedich", "iloveyou", "liebe", "love", "schatz", "schatzi", "baby", "engel", "angel", "herz", "heart", "sunshine", "sonnenschein", "sonne", "stern", "mond", "blume", "rose", "princess", "prinzessin", "prinz", "king", "koenig", "queen", "superman", "batman", "pokemon", "starwars", "dragon", "drache", "monkey", "affe", "tiger", "loewe", "hund", "katze", "maus", "pferd", "hase", "baer", "fisch", "vogel",
	"fussball", "football", "soccer", "baseball", "hockey", "bayern", "muenchen", "schalke", "dortmund", "borussia", "hamburg", "berlin", "koeln", "bremen", "frankfurt", "stuttgart", "leipzig", "dresden", "hannover", "deutschland", "germany", "europa", "oesterreich", "schweiz",
	"auto", "porsche", "mercedes", "volkswagen", "ferrari", "harley", "yamaha", "bier", "wein", "kaffee", "schokolade", "chocolate", "freunde", "freund", "familie", "family", "mama", "papa", "mutter", "vater", "oma", "opa", "kind", "kinder", "urlaub", "ferien", "freiheit", "freedom", "leben", "glueck", "lucky", "money", "geld", "arbeit", "buero", "feierabend", "wochenende", "geburtstag",
	"januar", "februar", "maerz", "april", "mai", "juni", "juli", "august", "september", "oktober", "november", "dezember", "january", "february", "march", "october", "december",
	"fruehling", "sommer", "herbst", "winter", "summer", "spring", "autumn", "ostern", "weihnachten", "silvester",
	"montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag", "monday", "friday", "sunday",
	"anna", "andreas", "alexander", "barbara", "brigitte", "charlie", "christian", "claudia", "daniel", "daniela", "david", "frank", "hans", "jennifer", "jessica", "jordan", "julia", "katrin", "klaus", "laura", "lisa", "maria", "markus", "martin", "martina", "matthias", "michael", "michaela", "michelle", "monika", "nicole", "patrick", "peter", "petra", "robert", "sabine", "sandra", "sarah", "sebastian", "stefan", "stefanie", "susanne", "thomas", "ursula", "wolfgang",
	"buerger", "buergerin", "gemeinde", "stadt", "kreis", "landkreis", "rathaus", "verwaltung", "amt", "behoerde", "portal", "serviceportal", "service", "online", "steuer", "ausweis", "personalausweis", "stadttor",
	"qwertz", "qwerty", "azerty", "asdf", "ghjk", "yxcv", "zxcv", "abc", "xyz", "qwer", "wasd",
)

func foldAll(words ...string) []string {
	for i, w := range words {
		words[i] = plainWord(w)
	}
	return words
}
