package office

import (
	"stadttor/internal/payments"
	"stadttor/internal/web/locale"
)

// ProviderName says who took the money: a provider, or the Kasse itself.
func ProviderName(p locale.Printer, provider string) string {
	if provider == payments.Treasury {
		return p.T("inpayment.treasury")
	}
	return provider
}
