//go:build ignore

// make writes gv100.tsv.gz from the tables gemeinden.csv and kreise.csv (see
// NOTICE for where they come from):
//
//	go run make.go gemeinden.csv kreise.csv
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"log"
	"os"
	"slices"
	"strings"
)

// kinds shortens the register's types of municipality.
var kinds = map[string]string{
	"Kreisangehörige Gemeinde": "g", "Markt": "m", "Stadt": "s", "Große Kreisstadt": "s", "Kreisfreie Stadt": "k", "Stadtkreis": "k",
	"Gemeindefreies Gebiet, bewohnt": "b", "Gemeindefreies Gebiet, unbewohnt": "u",
}

// exceptions are municipalities whose ARS does not follow from their AGS.
var exceptions = map[string]string{"16061119": "160615051097"} // Uder

func main() {
	if len(os.Args) != 3 {
		log.Fatal("want: go run make.go gemeinden.csv kreise.csv")
	}
	var lines []string
	lands, members, unions := map[string]string{}, map[string]int{}, map[string]string{}
	for _, r := range read(os.Args[1], "ars", "ags", "name", "typ", "plz_verwaltungssitz", "einwohner", "verband_ars", "verband", "land") {
		key, kind := r[0], kinds[r[3]]
		if kind == "" {
			log.Fatalf("type %q", r[3])
		}
		line := "G\t" + key + "\t" + short(r[2]) + "\t" + kind + "\t" + r[4] + "\t" + r[5]
		if x := exceptions[r[1]]; x != "" {
			line = "G\t" + x + "\t" + short(r[2]) + "\t" + kind + "\t" + r[4] + "\t" + r[5] + "\t" + r[1]
		} else if key[:5]+key[9:] != r[1] {
			line += "\t" + r[1]
		}
		lines = append(lines, line)
		lands[key[:2]] = r[8]
		members[r[6]]++
		unions[r[6]] = r[7]
	}
	for key, name := range lands {
		lines = append(lines, "L\t"+key+"\t"+name)
	}
	for key, name := range unions {
		if members[key] > 1 {
			lines = append(lines, "V\t"+key+"\t"+short(name))
		}
	}
	for _, r := range read(os.Args[2], "kreis_ags", "name", "textkennzeichen") {
		name, low := short(r[1]), strings.ToLower(r[1])
		switch {
		case strings.Contains(low, "kreis"), strings.Contains(low, "region"):
		case r[2] == "43":
			name = "Kreis " + name
		case r[2] == "44":
			name = "Landkreis " + name
		}
		lines = append(lines, "K\t"+r[0]+"\t"+name)
	}
	slices.Sort(lines)
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	check(err)
	_, err = z.Write([]byte(strings.Join(lines, "\n") + "\n"))
	check(err)
	check(z.Close())
	check(os.WriteFile("gv100.tsv.gz", out.Bytes(), 0o644))
	fmt.Println(len(lines), "lines,", out.Len(), "bytes")
}

// short drops what stands behind the name: "Flensburg, Stadt".
func short(name string) string {
	name, _, _ = strings.Cut(name, ",")
	return strings.Join(strings.Fields(strings.ReplaceAll(name, "/ ", "/")), " ")
}

// read gives the named columns of a table.
func read(file string, columns ...string) [][]string {
	f, err := os.Open(file)
	check(err)
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	check(err)
	var at []int
	for _, c := range columns {
		i := slices.Index(rows[0], c)
		if i < 0 {
			log.Fatalf("%s has no column %s", file, c)
		}
		at = append(at, i)
	}
	var out [][]string
	for _, r := range rows[1:] {
		var x []string
		for _, i := range at {
			if strings.ContainsAny(r[i], "\t\n") {
				log.Fatalf("tab in %q", r[i])
			}
			x = append(x, r[i])
		}
		out = append(out, x)
	}
	return out
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
