package letter

import (
	"fmt"
	"strings"
	"text/template"
	"text/template/parse"
)

// funcs are the functions of templates beside Go's own.
func funcs() template.FuncMap {
	return template.FuncMap{
		// paragraphs parts a text at its blank lines.
		"paragraphs": func(text string) (all []string) {
			for p := range strings.SplitSeq(unixLines(text), "\n\n") {
				if p = strings.Trim(p, "\n"); p != "" {
					all = append(all, p)
				}
			}
			return all
		},
		"lines": func(text string) []string { return strings.Split(unixLines(text), "\n") },
	}
}

// visit calls f for a node and all that is in it.
func visit(n parse.Node, f func(parse.Node)) {
	f(n)
	switch n := n.(type) {
	case *parse.ListNode:
		for _, inner := range n.Nodes {
			visit(inner, f)
		}
	case *parse.ActionNode:
		visit(n.Pipe, f)
	case *parse.IfNode:
		visitBranch(&n.BranchNode, f)
	case *parse.RangeNode:
		visitBranch(&n.BranchNode, f)
	case *parse.WithNode:
		visitBranch(&n.BranchNode, f)
	case *parse.TemplateNode:
		if n.Pipe != nil {
			visit(n.Pipe, f)
		}
	case *parse.PipeNode:
		for _, c := range n.Cmds {
			visit(c, f)
		}
	case *parse.CommandNode:
		for _, a := range n.Args {
			visit(a, f)
		}
	case *parse.ChainNode:
		visit(n.Node, f)
	}
}

func visitBranch(b *parse.BranchNode, f func(parse.Node)) {
	visit(b.Pipe, f)
	visit(b.List, f)
	if b.ElseList != nil {
		visit(b.ElseList, f)
	}
}

// maxCalls is how deep templates may call each other.
const maxCalls = 20

// checkCalls finds calls of templates that do not exist, or that never end, before a mail does.
func checkCalls(t *template.Template) (err error) {
	var follow func(name string, depth int)
	follow = func(name string, depth int) {
		tree := t.Lookup(name).Tree
		visit(tree.Root, func(n parse.Node) {
			call, ok := n.(*parse.TemplateNode)
			if !ok || err != nil {
				return
			}
			where, _ := tree.ErrorContext(n)
			switch called := t.Lookup(call.Name); {
			case called == nil || called.Tree == nil:
				err = fmt.Errorf("%s: there is no template %q", where, call.Name)
			case depth == maxCalls:
				err = fmt.Errorf("%s: templates call each other more than %d deep; %q may call itself", where, maxCalls, call.Name)
			default:
				follow(call.Name, depth+1)
			}
		})
	}
	follow(t.Name(), 0)
	return err
}
