package accounts

import "strings"

// DeviceOf makes a coarse word of a browser's own name, by which a person tells
// his sign-ins apart: "firefox-windows". It is of a closed vocabulary; the
// browser's name itself is never kept.
func DeviceOf(userAgent string) string {
	find := func(table [][2]string) string {
		for _, x := range table {
			if strings.Contains(userAgent, x[0]) {
				return x[1]
			}
		}
		return ""
	}
	// The order matters: browsers name the others that they resemble.
	browser := find([][2]string{{"Firefox/", "firefox"}, {"FxiOS/", "firefox"}, {"Edg", "edge"}, {"OPR/", "opera"}, {"Chrome/", "chrome"}, {"CriOS/", "chrome"}, {"Safari/", "safari"}})
	system := find([][2]string{{"iPhone", "iphone"}, {"iPad", "ipad"}, {"Android", "android"}, {"Windows", "windows"}, {"Macintosh", "mac"}, {"Linux", "linux"}})
	if browser == "" || system == "" {
		return ""
	}
	return browser + "-" + system
}
