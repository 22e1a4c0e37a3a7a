package stencil

import (
	"fmt"
	"strconv"
	"strings"
)

// Text returns e as one line of mathematics, common terms written out by name.
func Text(e Expr) string {
	switch e := e.(type) {
	case Const:
		return strconv.FormatFloat(float64(e), 'g', 6, 64)
	case Param:
		return string(e)
	case Load:
		return e.Field.Name + offsetText(e.Off)
	case *Sum:
		return "(" + join(e.Terms, " + ") + ")"
	case *Prod:
		return join(e.Factors, "*")
	case *Tap:
		var s []string
		for k, o := range e.Off {
			s = append(s, strconv.FormatFloat(e.W[k], 'g', 4, 64)+offsetText(o))
		}
		return "tap{" + strings.Join(s, " ") + "}(" + Text(e.X) + ")"
	case *Let:
		return e.Name
	}
	return fmt.Sprintf("%T", e)
}

func join(es []Expr, sep string) string {
	s := make([]string, len(es))
	for i, e := range es {
		s[i] = Text(e)
	}
	return strings.Join(s, sep)
}

func offsetText(o Offset) string {
	if o == (Offset{}) {
		return ""
	}
	return fmt.Sprintf("[%+d,%+d,%+d]", o[0], o[1], o[2])
}

// String lists the program: statements in order, each common term before the
// statement that first uses it.
func (p *Program) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%d-D):\n", p.Name, p.NDim)
	for _, s := range p.Body {
		walk(func(e Expr) {
			if l, ok := e.(*Let); ok {
				fmt.Fprintf(&b, "    let %s = %s\n", l.Name, Text(l.X))
			}
		}, s.exprs()...)
		switch s := s.(type) {
		case Update:
			for _, a := range s {
				fmt.Fprintf(&b, "  %s' = %s\n", a.Dst.Name, Text(a.RHS))
			}
		case Inject:
			fmt.Fprintf(&b, "  inject %s%s += %s * %s\n", s.Dst.Name, offsetText(s.Off), Text(s.Coeff), s.From.Name)
		case Record:
			fmt.Fprintf(&b, "  record %s = %s\n", s.To.Name, Text(s.X))
		}
	}
	return b.String()
}
