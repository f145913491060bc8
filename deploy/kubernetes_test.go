package deploy_test

import (
	"bytes"
	"fmt"
	"net/http"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	"sigs.k8s.io/yaml"
)

// drain is longer than the program takes to end when it is told to: cmd/belfry, drainTimeout.
const drain = 10

// manifests decodes a file by the types of its kinds; a field that there is not is an error.
func manifests(t *testing.T, name string) (all []any) {
	t.Helper()
	for _, doc := range bytes.Split(read(t, "kubernetes/"+name), []byte("\n---\n")) {
		var kind struct{ APIVersion, Kind string }
		if err := yaml.Unmarshal(doc, &kind); err != nil {
			t.Fatal(err)
		}
		var into any
		switch kind.APIVersion + " " + kind.Kind {
		case "apps/v1 Deployment":
			into = new(apps.Deployment)
		case "apps/v1 StatefulSet":
			into = new(apps.StatefulSet)
		case "v1 Service":
			into = new(core.Service)
		case "policy/v1 PodDisruptionBudget":
			into = new(policy.PodDisruptionBudget)
		case "networking.k8s.io/v1 Ingress":
			into = new(networking.Ingress)
		default:
			t.Fatalf("%s has a %+v", name, kind)
		}
		if err := yaml.UnmarshalStrict(doc, into); err != nil {
			t.Errorf("%s: %s: %v", name, kind.Kind, err)
		}
		all = append(all, into)
	}
	return all
}

// find returns the only manifest of its kind.
func find[T any](t *testing.T, all []any) *T {
	t.Helper()
	for _, m := range all {
		if found, ok := m.(*T); ok {
			return found
		}
	}
	t.Fatalf("there is no %T", *new(T))
	return nil
}

// checkPod holds a pod to the image, to the program and to the secret of the guide.
func checkPod(t *testing.T, template *core.PodTemplateSpec) {
	t.Helper()
	pod := &template.Spec
	_, final := stages(t)
	if pod.EnableServiceLinks == nil || *pod.EnableServiceLinks {
		t.Error("Kubernetes sets BELFRY_PORT and others, for the Service")
	}
	if user := one[*instructions.UserCommand](t, final).User; fmt.Sprintf("%d:%d", *pod.SecurityContext.RunAsUser, *pod.SecurityContext.RunAsGroup) != user {
		t.Errorf("the pod runs as %d, and the image as %s", *pod.SecurityContext.RunAsUser, user)
	}
	c := &pod.Containers[0]
	before := int64(0)
	if c.Lifecycle != nil {
		before = c.Lifecycle.PreStop.Sleep.Seconds // the image has no program that could sleep
	}
	if grace := *pod.TerminationGracePeriodSeconds; grace < before+drain {
		t.Errorf("it has %d seconds to end, of which it sleeps %d and drains up to %d", grace, before, drain)
	}
	port := fmt.Sprint(c.Ports[0].ContainerPort)
	if c.Ports[0].Name != "http" || one[*instructions.ExposeCommand](t, final).Ports[0] != port {
		t.Errorf("the port is %+v", c.Ports[0])
	}
	mounts := map[string]string{}
	for _, m := range c.VolumeMounts {
		mounts[m.MountPath] = m.Name
	}
	secret := guideSecret(t)
	for _, e := range c.Env {
		known(t, "a manifest", e.Name)
		if strings.HasSuffix(e.Name, "_FILE") && (mounts[path.Dir(e.Value)] != "secrets" || !secret[path.Base(e.Value)]) {
			t.Errorf("%s is %s, which is no key of the guide's secret", e.Name, e.Value)
		}
	}
	if *c.SecurityContext.ReadOnlyRootFilesystem && *pod.Volumes[0].Secret.DefaultMode != 0o440 {
		t.Errorf("the secret has the mode %o", *pod.Volumes[0].Secret.DefaultMode)
	}
}

// guideSecret returns the keys that the guide's command makes.
func guideSecret(t *testing.T) map[string]bool {
	t.Helper()
	keys := map[string]bool{}
	for _, m := range regexp.MustCompile(`--from-literal=([a-z-]+)=`).FindAllStringSubmatch(string(read(t, "../docs/operate/deploy.md")), -1) {
		keys[m[1]] = true
	}
	return keys
}

// checkService holds that a service finds the pods and their port.
func checkService(t *testing.T, s *core.Service, pods *core.PodTemplateSpec) {
	t.Helper()
	for name, value := range s.Spec.Selector {
		if pods.Labels[name] != value {
			t.Errorf("the service selects %s=%s, and the pods have %v", name, value, pods.Labels)
		}
	}
	if s.Spec.Ports[0].TargetPort.StrVal != pods.Spec.Containers[0].Ports[0].Name {
		t.Errorf("the service sends to %v", s.Spec.Ports[0].TargetPort)
	}
}

func TestKubernetesCluster(t *testing.T) {
	t.Parallel()
	all := manifests(t, "cluster.yaml")
	d, budget := find[apps.Deployment](t, all), find[policy.PodDisruptionBudget](t, all)
	checkPod(t, &d.Spec.Template)
	checkService(t, find[core.Service](t, all), &d.Spec.Template)
	for name, value := range d.Spec.Template.Labels {
		if d.Spec.Selector.MatchLabels[name] != value || budget.Spec.Selector.MatchLabels[name] != value {
			t.Errorf("%s is selected as %v and %v", name, d.Spec.Selector, budget.Spec.Selector)
		}
	}
	if min := budget.Spec.MinAvailable.IntVal; min < 1 || min >= *d.Spec.Replicas {
		t.Errorf("%d of %d must be there: no node could ever be emptied", min, *d.Spec.Replicas)
	}
	if u := d.Spec.Strategy.RollingUpdate; u.MaxUnavailable.IntVal != 0 || u.MaxSurge.IntVal < 1 {
		t.Errorf("an update goes by %v and %v", u.MaxUnavailable, u.MaxSurge)
	}
}

func TestKubernetesSingle(t *testing.T) {
	t.Parallel()
	all := manifests(t, "single.yaml")
	s := find[apps.StatefulSet](t, all)
	checkPod(t, &s.Spec.Template)
	checkService(t, find[core.Service](t, all), &s.Spec.Template)
	if *s.Spec.Replicas != 1 || s.Spec.ServiceName != find[core.Service](t, all).Name {
		t.Errorf("%d replicas of service %s", *s.Spec.Replicas, s.Spec.ServiceName)
	}
	_, final := stages(t)
	data := one[*instructions.VolumeCommand](t, final).Volumes[0]
	mount := s.Spec.Template.Spec.Containers[0].VolumeMounts[0]
	if mount.MountPath != data || mount.Name != s.Spec.VolumeClaimTemplates[0].Name {
		t.Errorf("the image keeps its data in %s, and the volume is %+v", data, mount)
	}
}

// The ingress has what the guide recommends for streams, and leads to the service.
func TestKubernetesIngress(t *testing.T) {
	t.Parallel()
	in := find[networking.Ingress](t, manifests(t, "ingress.yaml"))
	service := find[core.Service](t, manifests(t, "cluster.yaml"))
	to := in.Spec.Rules[0].HTTP.Paths[0].Backend.Service
	if to.Name != service.Name || to.Port.Name != service.Spec.Ports[0].Name {
		t.Errorf("it leads to %+v", to)
	}
	guide := string(read(t, "../docs/operate/proxies.md"))
	for name, value := range map[string]string{"proxy-buffering": "proxy_buffering %s;", "proxy-read-timeout": "proxy_read_timeout %ss;", "proxy-body-size": "client_max_body_size %s;"} {
		got := in.Annotations["nginx.ingress.kubernetes.io/"+name]
		if want := fmt.Sprintf(value, got); got == "" || !strings.Contains(guide, want) {
			t.Errorf("%s is %q, and the guide does not have %s", name, got, want)
		}
	}
}

// What the probes ask is there, and the secrets are read from their files.
func TestKubernetesProbes(t *testing.T) {
	t.Parallel()
	at := serveFromFiles(t)
	for _, file := range []string{"cluster.yaml", "single.yaml"} {
		var pod *core.PodSpec
		all := manifests(t, file)
		if file == "cluster.yaml" {
			pod = &find[apps.Deployment](t, all).Spec.Template.Spec
		} else {
			pod = &find[apps.StatefulSet](t, all).Spec.Template.Spec
		}
		c := pod.Containers[0]
		for _, probe := range []*core.Probe{c.StartupProbe, c.ReadinessProbe, c.LivenessProbe} {
			if status, answer, err := ask(t.Context(), http.MethodGet, at+probe.HTTPGet.Path, "", ""); err != nil || status != http.StatusOK {
				t.Errorf("%s: %s: %d %s %v", file, probe.HTTPGet.Path, status, answer, err)
			}
		}
		if c.LivenessProbe.HTTPGet.Path != "/healthz" {
			t.Errorf("%s: a database that is away would end the process, and all streams with it", file)
		}
	}
	post(t, at)
}
