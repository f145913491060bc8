package letter

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
)

//go:embed assets
var assets embed.FS

// The names of the built-in parts. A file layouts/default.html among the templates takes the place of the layout.
const (
	layoutPart  = "layouts/default.html"
	contentHTML = "built-in/content.html"
	contentText = "built-in/content.txt"
	foldedHTML  = "built-in/folded.html"
	foldedText  = "built-in/folded.txt"
)

// A library is all templates, compiled.
type library struct {
	families map[string]*family // by category
	plain    *family            // of categories without templates
	folded   *family            // of mails that tell of several notifications
}

// family returns the templates of a category: those of its longest prefix that has any.
func (l library) family(category string) *family {
	for prefix := category; prefix != ""; {
		if f := l.families[prefix]; f != nil {
			return f
		}
		dot := strings.LastIndexByte(prefix, '.')
		if dot < 0 {
			break
		}
		prefix = prefix[:dot]
	}
	return l.plain
}

// A family is what one folder makes of mail, by locale. The empty locale is always there.
type family struct{ sets map[string]*set }

func (f *family) pick(locale string) *set {
	for _, l := range fallbacks(locale) {
		if s := f.sets[l]; s != nil {
			return s
		}
	}
	return f.sets[""]
}

// fallbacks lists a locale and what stands for it when it is missing: de-at, de, and none.
func fallbacks(locale string) []string {
	locale = canonical(locale)
	var all []string
	for locale != "" {
		all = append(all, locale)
		locale = locale[:max(strings.LastIndexByte(locale, '-'), 0)]
	}
	return append(all, "")
}

func canonical(locale string) string {
	return strings.ToLower(strings.ReplaceAll(locale, "_", "-"))
}

// A file is one template's source.
type file struct {
	name   string // as the operator knows it
	locale string // canonical
	tag    string // as written
	text   string
}

// A shelf holds the files by what they are, and then by locale.
type shelf map[string]map[string]file

func (s shelf) put(part string, f file) {
	if s[part] == nil {
		s[part] = make(map[string]file)
	}
	s[part][f.locale] = f
}

// best returns the file of a part for a locale.
func (s shelf) best(part, locale string) (file, bool) {
	for _, l := range fallbacks(locale) {
		if f, ok := s[part][l]; ok {
			return f, true
		}
	}
	return file{}, false
}

var (
	categoryName = regexp.MustCompile(`^[a-z0-9_]+(\.[a-z0-9_]+)*$`)
	localeName   = regexp.MustCompile(`^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$`)
)

// compile reads and compiles the templates of a folder, which may be nil.
func compile(templates fs.FS, public *url.URL, logger *slog.Logger) (library, error) {
	all := make(shelf)
	if err := all.read(assets, "assets", logger); err != nil {
		return library{}, err
	}
	if templates != nil {
		if err := all.read(templates, ".", logger); err != nil {
			return library{}, err
		}
	}
	l := library{families: make(map[string]*family)}
	var err error
	if l.plain, err = all.family("", public); err != nil {
		return library{}, err
	}
	if l.folded, err = all.each("", func(locale string) (*set, error) { return all.folded(locale, public) }); err != nil {
		return library{}, err
	}
	for _, part := range slices.Sorted(maps.Keys(all)) {
		category := path.Dir(part)
		if shared(category) || l.families[category] != nil {
			continue
		}
		if l.families[category], err = all.family(category, public); err != nil {
			return library{}, err
		}
	}
	return l, nil
}

// shared reports whether a folder's files are there for all categories.
func shared(folder string) bool {
	return folder == "layouts" || folder == "partials" || folder == "built-in"
}

// read puts the files of two levels of folders onto the shelf.
func (s shelf) read(files fs.FS, root string, logger *slog.Logger) error {
	return fs.WalkDir(files, root, func(p string, d fs.DirEntry, err error) error {
		name := strings.TrimPrefix(p, root+"/")
		switch {
		case err != nil && p == root && errors.Is(err, fs.ErrNotExist):
			return errors.New("the folder of templates does not exist")
		case err != nil:
			return fmt.Errorf("read templates: %w", err)
		case p != root && strings.HasPrefix(d.Name(), "."):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir():
			return checkFolder(name, p == root)
		}
		part, tag, ok := partOf(name)
		if !ok {
			logger.Warn("a file among the templates has no meaning and is left out", "file", name)
			return nil
		}
		text, err := fs.ReadFile(files, p)
		if err != nil {
			return fmt.Errorf("read template %s: %w", name, err)
		}
		s.put(part, file{name: name, locale: canonical(tag), tag: tag, text: strings.TrimPrefix(string(text), "\uFEFF")})
		return nil
	})
}

func checkFolder(name string, top bool) error {
	switch {
	case top, shared(name), categoryName.MatchString(name) && len(name) <= 100:
		return nil
	case strings.Contains(name, "/"):
		return fmt.Errorf("%s: folders of templates hold no folders; a category is one folder, like order.assigned", name)
	default:
		return fmt.Errorf("%s: the folder's name is not a category: dotted lower case like order.assigned", name)
	}
}

// partOf says what a file is: body.de.html in order.assigned is order.assigned/body.html in the locale de.
func partOf(name string) (part, locale string, ok bool) {
	folder, base := path.Split(name)
	ext := path.Ext(base)
	stem := strings.TrimSuffix(base, ext)
	if first, tag, found := strings.Cut(stem, "."); found && localeName.MatchString(tag) {
		stem, locale = first, tag
	}
	part = folder + stem + ext
	switch path.Clean(folder) {
	case "layouts":
		ok = ext == ".html"
	case "partials", "built-in":
		ok = ext == ".html" || ext == ".txt"
	case ".":
		ok = false
	default:
		ok = slices.Contains([]string{"subject.txt", "body.html", "body.txt"}, stem+ext)
	}
	return part, locale, ok
}
