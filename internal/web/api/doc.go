// Package api is the door for programs: search and services of a portal as
// JSON, described by its own OpenAPI document.
//
// It decides the shape of the answers, how often one address may ask and what a
// refusal looks like. It never decides what is published and shows nothing that
// the portal's public pages do not show. It knows no session: everybody gets
// the same.
//
// Norms: OpenAPI 3.1; RFC 9457 (problem details); RFC 9110.
package api
