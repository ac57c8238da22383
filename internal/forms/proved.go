package forms

import "net/url"

// proved gives what the applicant's account proves for a field, ready to be
// stored. ok is false when part of it is not proved, or is no answer to this
// field as it stands (letters that authorities do not store, a postal code of
// several places), or when the form takes what the account knows as a suggestion
// (Field.Suggest): the person types it then. Entries of lists are about others
// and are never proved.
func (r *run) proved(f *Field) (v Value, ok bool) {
	if f.Prefill == "" || f.Suggest || len(r.e.Proved) == 0 || !r.provedKeys(f) {
		return v, false
	}
	in := url.Values{}
	for _, x := range r.inputs(f, Value{}) {
		in.Set(x.Name, x.Value)
	}
	p := input{f: f, in: in, r: r}
	v, x := p.normalise()
	if x != nil || !f.holds(v) {
		return Value{}, false
	}
	for _, x := range r.validate(f, v, place{}) {
		if !x.warn {
			return Value{}, false
		}
	}
	return v, true
}

// provedKeys reports whether everything that fills the field is proved.
func (r *run) provedKeys(f *Field) bool {
	has := func(key string) bool { return r.e.Proved[key] && r.e.Person[key] != "" }
	if f.Type != AddressType {
		return has(f.Prefill)
	}
	return has("strasse") && has("plz") && has("ort") && (has("hausnummer") || r.e.Person["hausnummer"] == "")
}

// Prove brings answers that were given already to what the account proves: a
// name that somebody typed before he signed in at a higher level gives way to
// the one that the sign-in proves. a is not changed.
func (d *Definition) Prove(a Answers, e Env) Answers {
	if len(e.Proved) == 0 {
		return a
	}
	var out Answers
	r := newRun(d, a, e)
	for i := range d.Steps {
		for j := range d.Steps[i].Fields {
			f := &d.Steps[i].Fields[j]
			if old, answered := a[f.ID]; !answered || old.Type == "" && len(old.Raw) == 0 {
				continue
			}
			if v, ok := r.proved(f); ok {
				if out == nil {
					out = a.clone()
				}
				out[f.ID] = v
			}
		}
	}
	if out == nil {
		return a
	}
	return out
}
