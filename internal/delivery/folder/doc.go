// Package folder delivers parcels into a folder from which a DMS or a
// Fachverfahren takes them.
//
// It decides the layout <case number>/<parcel id>/ with all files and the list
// parcel.json, and that this folder appears at once and whole: files are
// written into a hidden folder beside it, every file and folder is fsynced, the
// rename comes last, and no receipt is given before the rename is durable. It
// never leaves the base folder that the operator configured, never follows a
// symbolic link below it, and never makes the tenant's folder itself: a share
// that is not mounted is an error, not a local folder.
//
// Whoever reads the folder takes a parcel as a whole: names that begin with a
// dot are still being written. A parcel that was taken away and is sent again
// appears again.
package folder
