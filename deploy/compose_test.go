package deploy_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/nats-io/nats-server/v2/server"

	"github.com/belfryhq/belfry/internal/pgtest"
	"github.com/belfryhq/belfry/internal/proctest"
)

// composition reads compose.yaml as `docker compose` does, with what it asks for.
func composition(t *testing.T) *types.Project {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	project, err := loader.LoadWithContext(t.Context(), types.ConfigDetails{
		WorkingDir: root, ConfigFiles: []types.ConfigFile{{Filename: filepath.Join(root, "compose.yaml")}},
		Environment: types.Mapping{"POSTGRES_PASSWORD": "letters0and1digits", "BELFRY_API_KEYS": "shop:" + key, "BELFRY_JWT_SECRET": secret},
	})
	if err != nil {
		t.Fatal(err)
	}
	return project
}

// nodes are the services that are Belfry.
func nodes(p *types.Project) (names []string) {
	for _, name := range p.ServiceNames() {
		if strings.HasPrefix(name, "belfry-") {
			names = append(names, name)
		}
	}
	return names
}

func TestComposeAgrees(t *testing.T) {
	t.Parallel()
	p := composition(t)
	if len(nodes(p)) != 3 {
		t.Fatalf("the nodes are %v", nodes(p))
	}
	subnet := p.Networks["front"].Ipam.Config[0].Subnet
	for _, name := range nodes(p) {
		s := p.Services[name]
		for setting := range s.Environment {
			known(t, "compose.yaml", setting)
		}
		if proxies := *s.Environment["BELFRY_TRUSTED_PROXIES"]; proxies != subnet {
			t.Errorf("%s trusts %s, and nginx stands in %s", name, proxies, subnet)
		}
		if time.Duration(*s.StopGracePeriod) < drain*time.Second {
			t.Errorf("%s has %v to end", name, s.StopGracePeriod)
		}
		if s.Build == nil || s.Build.Context != p.WorkingDir || s.User != "" || !s.ReadOnly {
			t.Errorf("%s: %+v", name, s.Build)
		}
	}
	if host := p.Services["nginx"].Ports[0].HostIP; host != "127.0.0.1" {
		t.Errorf("the whole network reaches it, at %q", host)
	}
	for _, v := range p.Services["nginx"].Volumes {
		if _, err := os.Stat(v.Source); err != nil {
			t.Error(err)
		}
	}
}

// nginx has all that the guide recommends; where it differs, it is in who is asked.
func TestComposeProxy(t *testing.T) {
	t.Parallel()
	own, guide := string(read(t, "nginx/nginx.conf")), string(read(t, "../docs/operate/proxies.md"))
	for _, kind := range []string{"main", "recommended"} {
		found := regexp.MustCompile("(?s)```nginx " + kind + "\n(.*?)```").FindStringSubmatch(guide)
		if found == nil {
			t.Fatalf("the guide has no nginx %s", kind)
		}
		for _, line := range strings.Split(found[1], "\n") {
			if line = strings.TrimSpace(line); line != "server 127.0.0.1:8000;" && !strings.Contains(own, line) {
				t.Errorf("the guide has %q, and nginx.conf has not", line)
			}
		}
	}
}

// The composition, with the programs of this machine: PostgreSQL, NATS, three nodes with the environment of compose.yaml, and
// nginx with its configuration. What is sent through nginx is heard on each node, and through nginx while nodes are restarted one by one.
func TestComposeRuns(t *testing.T) {
	t.Parallel()
	p := composition(t)
	postgres := pgtest.Start(t)
	bus := startNATS(t)
	at, running := map[string]string{}, map[string]*process{}
	for _, name := range nodes(p) {
		at[name] = proctest.FreeAddress(t)
		running[name] = startNode(t, p.Services[name], at[name], postgres, bus)
	}
	for name, node := range running {
		node.ready(t, "http://"+at[name])
	}
	proxy := "http://" + startNginx(t, at)
	for name, address := range at {
		heard := listen(t, "http://"+address, "42")
		post(t, proxy)
		if e := heard.want(t, "message"); !strings.Contains(e.Data, "Order 1138") {
			t.Errorf("%s heard %s", name, e.Data)
		}
		heard.close()
	}
	for name, address := range at {
		running[name].stop(t, syscall.SIGTERM)
		heard := listen(t, proxy, "42") // of the others
		post(t, proxy)
		heard.want(t, "message")
		heard.close()
		running[name] = startNode(t, p.Services[name], address, postgres, bus)
		running[name].ready(t, "http://"+address)
	}
	if status, _, err := ask(t.Context(), http.MethodGet, proxy+"/metrics", "", ""); err != nil || status != http.StatusNotFound {
		t.Errorf("everybody reads the metrics: %d %v", status, err)
	}
}

func startNATS(t *testing.T) string {
	t.Helper()
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoLog: true, NoSigs: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(patience) {
		t.Fatal("the NATS server does not start")
	}
	return s.Addr().String()
}

// startNode starts a service with its own environment, in which the names of the composition's hosts are those of this machine.
func startNode(t *testing.T, s types.ServiceConfig, address string, postgres *pgtest.Server, bus string) *process {
	t.Helper()
	cmd := exec.Command(belfry(t), "serve")
	cmd.Dir, cmd.Env = t.TempDir(), []string{"BELFRY_ADDR=" + address}
	for name, value := range s.Environment {
		switch name {
		case "BELFRY_DATABASE_URL":
			if want := "postgres://belfry:letters0and1digits@postgres:5432/belfry"; *value != want {
				t.Errorf("the database is %s, want %s", *value, want)
			}
			value = new(postgres.URL("postgres"))
		case "BELFRY_BUS_URL":
			value = new(strings.Replace(*value, "nats:4222", bus, 1))
		case "BELFRY_TRUSTED_PROXIES":
			value = new("127.0.0.1")
		}
		cmd.Env = append(cmd.Env, name+"="+*value)
	}
	return start(t, cmd)
}

// startNginx starts Debian's nginx with the composition's configuration.
func startNginx(t *testing.T, nodes map[string]string) string {
	t.Helper()
	dir, at := t.TempDir(), proctest.FreeAddress(t)
	conf := string(read(t, "nginx/nginx.conf"))
	swap := func(old, now string) {
		if strings.Count(conf, old) != 1 {
			t.Fatalf("nginx.conf names %q %d times, want once", old, strings.Count(conf, old))
		}
		conf = strings.Replace(conf, old, now, 1)
	}
	for name, address := range nodes {
		swap("server "+name+":8000 ", "server "+address+" ")
	}
	swap("listen 80;", "listen "+at+";")
	swap("/dev/stdout", filepath.Join(dir, "access"))
	temp := "\n"
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		temp += fmt.Sprintf("%s_temp_path %s;\n", kind, filepath.Join(dir, kind))
	}
	swap("http {", "http {"+temp)
	if os.Geteuid() == 0 {
		conf = "user root;\n" + conf // the workers write below dir
	}
	name := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(name, []byte("pid "+filepath.Join(dir, "pid")+";\nerror_log stderr;\n"+conf), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, exec.Command("/usr/sbin/nginx", "-g", "daemon off;", "-c", name))
	p.ready(t, "http://"+at)
	return at
}
