package letter

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"text/template/parse"

	"github.com/PuerkitoBio/goquery"
	"github.com/vanng822/go-premailer/premailer"
	"golang.org/x/net/html"
)

// Inlining needs a document, and a template is none: an HTML parser moves, merges and escapes actions. So the templates
// are written out as one document, in which a mark stands for each action: a comment between elements, where a parser
// keeps comments even in tables, and a word elsewhere. After the styles are inlined the actions come back. A called
// template is written out where it is called, between two marks, and becomes a template of that call's own, for the
// styles that apply to it there; so dot and variables mean what they meant.

// A mark stands for an action.
type mark struct {
	action string // as source
	call   string // of a called template: its name; action is then the pipe with the closing braces
	end    bool   // of a called template
	where  string // file and line
}

type flattener struct {
	trees map[string]*parse.Tree
	out   strings.Builder
	at    spot
	marks []mark
	err   error
}

// inline returns the trees of a page with its styles inlined.
func inline(main string, trees map[string]*parse.Tree, public *url.URL) (map[string]*parse.Tree, error) {
	f := &flattener{trees: trees}
	f.list(trees[main], trees[main].Root)
	if f.err != nil {
		return nil, f.err
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(f.out.String()))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", main, err)
	}
	if public != nil {
		absolute(doc, public)
	}
	mergeStyles(doc)
	inlined, err := premailer.NewPremailer(doc, &premailer.Options{}).Transform()
	if err != nil {
		return nil, fmt.Errorf("%s: inline the styles: %w", main, err)
	}
	// A parser makes the bodies of tables explicit, but where a row is repeated it would be within what is repeated.
	if !strings.Contains(strings.ToLower(f.out.String()), "<tbody") {
		inlined = strings.NewReplacer("<tbody>", "", "</tbody>", "").Replace(inlined)
	}
	// An entity that spelled two braces would be an action now.
	inlined = strings.ReplaceAll(inlined, "{{", "&#123;&#123;")
	texts, err := f.restore(main, inlined)
	if err != nil {
		return nil, err
	}
	// What is called from within a tag keeps its name.
	flat := make(map[string]*parse.Tree)
	for name, tree := range trees {
		flat[name] = tree
	}
	for name, text := range texts {
		tree := parse.New(name)
		tree.Mode = parse.SkipFuncCheck // the source was checked
		parsed, err := tree.Parse(text, "", "", map[string]*parse.Tree{})
		if err != nil {
			return nil, clean(err)
		}
		flat[name] = parsed
	}
	return flat, nil
}

// absolute makes links to paths whole.
func absolute(doc *goquery.Document, public *url.URL) {
	origin := public.Scheme + "://" + public.Host
	for _, name := range []string{"href", "src"} {
		doc.Find("[" + name + "^='/']").Each(func(_ int, s *goquery.Selection) {
			if link := s.AttrOr(name, ""); !strings.HasPrefix(link, "//") {
				s.SetAttr(name, origin+link)
			}
		})
	}
}

// mergeStyles makes one element of all that hold styles, in their order: the inliner reads several at once, and may lose
// what one of them says.
func mergeStyles(doc *goquery.Document) {
	all := doc.Find("style:not([data-premailer='ignore'])").FilterFunction(func(_ int, s *goquery.Selection) bool {
		media := s.AttrOr("media", "all")
		return media == "all" // the others are left as they are
	})
	if all.Length() < 2 {
		return
	}
	var merged strings.Builder
	all.Each(func(_ int, s *goquery.Selection) { merged.WriteString(s.Text() + "\n") })
	all.Slice(1, goquery.ToEnd).Remove()
	first := all.First()
	first.Empty()
	first.AppendNodes(&html.Node{Type: html.TextNode, Data: merged.String()}) // SetText would escape it
}

func (f *flattener) fail(tree *parse.Tree, n parse.Node, why string) {
	if f.err == nil {
		where, _ := tree.ErrorContext(n)
		f.err = fmt.Errorf("%s: %s", where, why)
	}
}

// put writes a mark.
func (f *flattener) put(tree *parse.Tree, n parse.Node, m mark) {
	if f.at.mode == inRaw && f.at.element == "style" {
		f.fail(tree, n, "styles are inlined before a mail is filled in, so <style> holds no actions; put it into a style attribute")
	}
	m.where, _ = tree.ErrorContext(n)
	format := "bfq%dz"
	if f.at.mode == inText {
		format = "<!--bfq%dz-->"
	}
	fmt.Fprintf(&f.out, format, len(f.marks))
	f.marks = append(f.marks, m)
}

func (f *flattener) list(tree *parse.Tree, list *parse.ListNode) {
	for _, n := range list.Nodes {
		switch n := n.(type) {
		case *parse.TextNode:
			f.out.Write(n.Text)
			f.at.read(string(n.Text))
		case *parse.IfNode:
			f.branch(tree, n, &n.BranchNode, "if")
		case *parse.RangeNode:
			f.branch(tree, n, &n.BranchNode, "range")
		case *parse.WithNode:
			f.branch(tree, n, &n.BranchNode, "with")
		case *parse.TemplateNode:
			f.call(tree, n)
		default:
			f.put(tree, n, mark{action: n.String()})
		}
	}
}

func (f *flattener) branch(tree *parse.Tree, n parse.Node, b *parse.BranchNode, word string) {
	if f.at.mode == inTag && f.at.quote == 0 {
		f.fail(tree, n, "{{"+word+"}} between the attributes of an element cannot be inlined; put it inside an attribute's value, or around the element")
	}
	f.put(tree, n, mark{action: "{{" + word + " " + b.Pipe.String() + "}}"})
	before := f.at
	f.list(tree, b.List)
	if b.ElseList != nil {
		f.at = before
		f.put(tree, n, mark{action: "{{else}}"})
		f.list(tree, b.ElseList)
	}
	f.put(tree, n, mark{action: "{{end}}"})
}

func (f *flattener) call(tree *parse.Tree, n *parse.TemplateNode) {
	called := f.trees[n.Name]
	switch {
	case f.at.mode == inText:
		pipe := "}}"
		if n.Pipe != nil {
			pipe = " " + n.Pipe.String() + "}}"
		}
		f.put(tree, n, mark{action: pipe, call: n.Name})
		f.list(called, called.Root)
		f.put(tree, n, mark{end: true})
	case f.at.mode == inRaw && plainWords(called.Root):
		f.list(called, called.Root) // as styles are shared
	default:
		f.put(tree, n, mark{action: n.String()})
	}
}

// plainWords reports whether a template holds no action.
func plainWords(list *parse.ListNode) bool {
	for _, n := range list.Nodes {
		if n.Type() != parse.NodeText {
			return false
		}
	}
	return true
}

var markPattern = regexp.MustCompile(`<!--bfq(\d+)z-->|bfq(\d+)z(="")?`)

// restore puts the actions back, and returns the source of the page and of each call in it.
func (f *flattener) restore(main, text string) (map[string]string, error) {
	type open struct {
		name string
		out  strings.Builder
	}
	texts := make(map[string]string)
	stack := []*open{{name: main}}
	rest, next := text, 0
	for {
		top := stack[len(stack)-1]
		m := markPattern.FindStringSubmatchIndex(rest)
		if m == nil {
			top.out.WriteString(rest)
			break
		}
		top.out.WriteString(rest[:m[0]])
		from, to := m[2], m[3]
		if from < 0 {
			from, to = m[4], m[5]
		}
		if i, err := strconv.Atoi(rest[from:to]); err != nil || i != next || i >= len(f.marks) {
			return nil, f.moved(next)
		}
		mark := f.marks[next]
		rest = rest[m[1]:]
		switch {
		case mark.call != "":
			name := fmt.Sprintf("%s#%d", mark.call, next)
			top.out.WriteString("{{template " + strconv.Quote(name) + mark.action)
			stack = append(stack, &open{name: name})
		case mark.end:
			texts[top.name] = top.out.String()
			stack = stack[:len(stack)-1]
		default:
			top.out.WriteString(mark.action)
		}
		next++
	}
	if next != len(f.marks) {
		return nil, f.moved(next)
	}
	texts[main] = stack[0].out.String()
	return texts, nil
}

// moved says that an HTML parser did not find an action where the template has it.
func (f *flattener) moved(i int) error {
	if i >= len(f.marks) {
		return errors.New("a template repeats a word that stands for an action: bfq…z")
	}
	return fmt.Errorf("%s: here the HTML is not well-formed, so an action would move; is a tag not closed, or something in a table outside its cells?", f.marks[i].where)
}
