// Package ui is the look of all pages and what every door needs around its
// handlers: frame, components, form fields, rendering, error pages, headers,
// assets, compression.
//
// It decides how things look, how they are announced to assistive technology,
// which status an error kind has and what browsers may cache. It never decides
// what is shown, never interprets what a person typed, never touches a session
// and knows no feature package: doors map their values to the plain structs here.
//
// # What a door uses
//
//	page := ui.Page{Lang: …, Portal: portal, Title: "Hundesteuer anmelden", Nav: ui.NavServices, …}
//
// and in its own templ file
//
//	templ servicePage(page ui.Page, s serviceView) {
//		@ui.Layout(page) {
//			<h1 class="kern-heading-large">{ page.Title }</h1> …
//		}
//	}
//
// Frame: Page, Portal, CitizenNav, LegalLinks, Layout (page.Bare leaves out the
// frame of main and the breadcrumb: start page), Columns (aside), Card, Section, Contents.
//
// Handlers: Handler (returns error), Errors.Handle, Errors.Write, StatusOf,
// Render, SeeOther (local paths only), NotFound. Mount: SecurityHeaders,
// Compress, AssetHandler at /assets/, ServeLookCSS at /assets/t/{file}.
// Start: CheckAssets. Public pages: NewSnapshot → SnapshotPage.ServeHTTP.
//
// Components: Alert, Notice, ErrorSummary, Badge, Button, ButtonLink, Actions,
// WarningButton, PrintButton, BackLink, Breadcrumb (in Layout), Pagination,
// Letters, Progress, SearchForm, Hits, Tiles, Chips, Facts, SummaryList,
// TaskList, Confirmation, Timeline, Thread, FileList, Accordion, StaffTable,
// Icon, IconLarge (names: icons/icons.txt). Components with words of their own
// take the page's locale.Printer first.
//
// Forms: FormFrame around FormFields; Field is one struct for all types;
// Problems(fields) feeds ErrorSummary, which stands above the h1. A page that
// came back is rendered with 422; its form's action ends in "#fehler", so the
// focus is on the summary without JavaScript; redirect a success to a path
// that ends in "#inhalt". Parts of a field are sent as name.tag, name.monat,
// name.jahr; name.strasse, .hausnummer, .zusatz, .plz, .ort; quantities as
// name.<id>; consent and yes/no as "ja"/"nein".
//
// # Style sheet
//
// css/portal is our layer above KERN (classes p-…), css/fix repairs KERN's
// !important rules; web/build.mjs makes one file of them. Classes of KERN that
// pages may use are those the build keeps; see web/build.mjs. No inline style
// or script anywhere: the content security policy forbids it.
//
// Norms: WCAG 2.2 AA, BITV 2.0, EN 301 549 V3.2.1; KERN UX-Standard 2.7.2;
// patterns of the GOV.UK Design System.
package ui
