var y=class extends Error{constructor(e,i,r){super(i,r);this.status=e}status;name="BelfryError"},N=class{constructor(t={}){this.options=t;this.#t=(t.baseUrl??"").replace(/\/+$/,"")+"/api/v1/notifications/",this.#e=t.fetch??((e,i)=>fetch(e,i))}options;#t;#e;list(t={}){let e=new URLSearchParams;return t.limit&&e.set("limit",String(t.limit)),t.before&&e.set("before",t.before),t.filter&&t.filter!=="inbox"&&e.set("state",t.filter),this.#i("GET","?"+e)}counts(){return this.#i("GET","counts/")}patch(t,e){return this.#i("PATCH",encodeURIComponent(t)+"/",e)}mark(t,e){return this.#i("POST","mark/",{state:t,...e})}preferences(){return this.#i("GET","preferences/")}setPreferences(t){return this.#i("PUT","preferences/",t)}async streamUrl(t){let e=new URLSearchParams;t&&e.set("last_event_id",t);let i=await this.#s();i&&e.set("token",i);let r=e.toString();return this.#t+"sse/stream/"+(r&&"?"+r)}async#s(){let{token:t}=this.options;return typeof t=="function"?t():t}async#i(t,e,i){let r=await this.#s(),n={Accept:"application/json"};r&&(n.Authorization="Bearer "+r);let o={method:t,headers:n,credentials:r?"omit":"include",keepalive:t!=="GET"};i&&(n["Content-Type"]="application/json",o.body=JSON.stringify(i));let l;try{l=await this.#e(this.#t+e,o)}catch(c){throw new y(0,"The server does not answer.",{cause:c})}let a=await l.json().catch(()=>null);if(!l.ok||a===null)throw new y(l.status,a?.detail??a?.title??`The server answered ${l.status}.`);return a}};var ne=/^([0-9a-z]{1,16})-(\d{1,19})-(\d{1,19})$/;function U(s){let t=ne.exec(s??"");return t&&{epoch:t[1],seq:Number(t[2]),broadcast:Number(t[3])}}function z(s,t){return t===null||s.epoch!==t.epoch||s.seq>t.seq||s.broadcast>t.broadcast}var F=class{constructor(t="inbox"){this.filter=t}filter;items=[];unread=0;unseen=0;next=null;loaded=!1;cursor=null;#t=null;#e=null;begin(){this.#e??=[]}reset(t){let e=this.#e??[];this.#e=null,this.items=t.results,this.next=t.next,this.loaded=!0,this.#i(t.cursor),this.#r(t);for(let i of e)this.apply(i)}append(t){let e=new Set(this.items.map(i=>i.id));this.items=[...this.items,...t.results.filter(i=>!e.has(i.id))],this.next=t.next}apply(t){this.#e?.push(t);let e=U(t.cursor);return t.kind==="counts"?e&&this.#t&&z(this.#t,e)?!1:this.#r(t.counts):e&&!z(e,this.#t)?!1:(e&&this.#i(t.cursor),t.kind==="delete"?this.#s(t.id):this.upsert(t.notification),!0)}moveTo(t){U(t)&&this.#i(t)}countAt(t,e){let i=U(t);i&&!(this.#t&&z(this.#t,i))&&this.#r(e)}upsert(t){let e=this.items.filter(o=>o.id!==t.id),i=e.findIndex(o=>ae(t,o)),r=i<0?e.length:i,n=r===e.length&&this.next!==null&&e.length>0&&e.length===this.items.length;yt(this.filter,t)&&!n&&e.splice(r,0,t),this.items=e}expect(t,e,i){let r={items:this.items,unread:this.unread,unseen:this.unseen,cursor:this.cursor},n=[];for(let o of this.items){let l=t==="all"||t.has(o.id)?oe(o,e,i):o;this.unread+=V(l.read_at,l)-V(o.read_at,o),this.unseen+=V(l.seen_at,l)-V(o.seen_at,o),yt(this.filter,l)&&n.push(l)}return this.items=n,t==="all"&&e.read&&(this.unread=0),t==="all"&&e.seen&&(this.unseen=0),this.unread=Math.max(0,this.unread),this.unseen=Math.max(0,this.unseen),()=>this.cursor!==r.cursor?!1:(this.items=r.items,this.unread=r.unread,this.unseen=r.unseen,!0)}#s(t){this.items=this.items.filter(e=>e.id!==t)}#i(t){this.cursor=t,this.#t=U(t)}#r({unread:t,unseen:e}){let i=this.unread!==t||this.unseen!==e;return this.unread=t,this.unseen=e,i}};function V(s,t){return s===null&&t.archived_at===null?1:0}function oe(s,t,e){let i=(r,n)=>n===void 0?r:n?r??e:null;return{...s,seen_at:i(s.seen_at,t.seen),read_at:i(s.read_at,t.read),archived_at:i(s.archived_at,t.archived)}}function ae(s,t){return s.created_at!==t.created_at?s.created_at>t.created_at:s.id>t.id}function yt(s,t){switch(s){case"unread":return t.read_at===null&&t.archived_at===null;case"read":return t.read_at!==null&&t.archived_at===null;case"archived":return t.archived_at!==null;case"all":return!0;default:return t.archived_at===null}}var le={base:1e3,max:6e4};function q(s,t,e=le,i=Math.random){let r=Math.min(e.max,e.base*2**Math.min(s,30));return Math.round(t+r*(.5+i()/2))}var he=new Set(["closed","revoked"]),K=class{#t;#e=null;#s=!1;#i=0;#r=0;#n=!1;#h=25e3;#c=0;#d;#u;constructor(t){this.#t=t}start(){this.#s||(this.#s=!0,this.#r=0,this.#l())}stop(t=null){this.#s=!1,this.#o(),this.#t.status("stopped",t)}sleep(){this.#s&&this.#o()}wake(){if(!this.#s)return;let t=Date.now()-this.#c>this.#h*1.2;this.#e?.readyState===1&&!t||this.reconnect()}reconnect(t=!1){if(!this.#s)return this.start();this.#n||=t,this.#r=0,this.#o(),this.#l()}#o(){this.#i++,clearTimeout(this.#d),clearTimeout(this.#u),this.#e?.close(),this.#e=null}async#l(){let t=++this.#i;try{await this.#t.load(this.#n),this.#n=!1;let e=await this.#t.url();t===this.#i&&this.#f(e)}catch(e){t===this.#i&&this.#b(e)}}#f(t){let e=this.#t.EventSource??EventSource,i=new e(t,{withCredentials:this.#t.withCredentials}),r=(o,l)=>i.addEventListener(o,a=>{i.readyState!==2&&(this.#v(),l(JSON.parse(a.data),a.lastEventId))});r("connection",(o,l)=>{this.#e!==i&&this.#e?.close(),this.#e=i,this.#r=0,this.#h=o.heartbeat_interval*1e3||this.#h,this.#t.change({kind:"counts",cursor:l,counts:o}),this.#t.status("live",null)});let n=o=>(l,a)=>this.#t.change({kind:"upsert",cursor:a,notification:l,isNew:o});r("message",n(!0)),r("update",n(!1)),r("delete",({id:o},l)=>this.#t.change({kind:"delete",cursor:l,id:o})),r("counts",(o,l)=>this.#t.change({kind:"counts",cursor:l,counts:o})),r("heartbeat",()=>{}),r("reset",()=>this.reconnect(!0)),r("reauth",()=>{this.#m()}),r("close",o=>this.#a(i,o)),i.onerror=()=>{if(i!==this.#e&&this.#e!==null)return i.close();this.#p(i)},this.#e??=i,this.#v()}#a(t,{reason:e,retry:i=0}){if(t.close(),t===this.#e){if(he.has(e))return this.stop(e);this.#o(),this.#t.status("reconnecting",e),e==="expired"?this.#m():this.#g(e==="limit"?q(0,i,this.#t.backoff):i)}}#p(t){this.#t.status(ce()?"offline":"reconnecting",null),t.readyState===2&&(this.#n=!0,this.#o(),this.#g(q(this.#r++,0,this.#t.backoff)))}#b(t){let e=t instanceof y?t.status:-1,i=e===401||e===403;this.#t.status(i?"unauthorized":"offline",null);let r=q(this.#r++,0,this.#t.backoff);this.#o(),this.#g(r,i)}#g(t,e=!1){clearTimeout(this.#d),this.#d=setTimeout(()=>{e?this.#m():this.#l()},t)}async#m(){let t=++this.#i;try{await this.#t.renew?.(),t===this.#i&&await this.#l()}catch(e){t===this.#i&&this.#b(e)}}#v(){this.#c=Date.now(),clearTimeout(this.#u),this.#u=setTimeout(()=>{this.#t.status("reconnecting",null),this.reconnect()},this.#h*2)}};function ce(){return typeof navigator<"u"&&navigator.onLine===!1}var O=class{api;#t;#e;#s;#i=new Set;#r=new Set;#n="connecting";#h=null;#c=0;#d=null;#u=!0;constructor(t={}){this.api=new N(t),this.#s=t.limit??20,this.#t=new F(t.filter),this.#e=new K({url:()=>this.api.streamUrl(this.#t.cursor),load:async e=>{(e||!this.#t.loaded)&&await this.refresh()},change:e=>{if(this.#t.apply(e)){this.#a();for(let i of this.#r)i(e)}},status:(e,i)=>this.#f(e,i),renew:t.renew,withCredentials:t.token===void 0,backoff:t.backoff,EventSource:t.EventSource})}start(){this.#n==="stopped"&&this.#f("connecting",null),addEventListener("online",this),addEventListener("offline",this),addEventListener("pageshow",this),addEventListener("pagehide",this),document.addEventListener("visibilitychange",this),this.#e.start()}stop(){removeEventListener("online",this),removeEventListener("offline",this),removeEventListener("pageshow",this),removeEventListener("pagehide",this),document.removeEventListener("visibilitychange",this),this.#e.stop()}reconnect(){this.#e.reconnect(this.#n==="stopped"||this.#n==="unauthorized")}handleEvent(t){t.type==="offline"?this.#f("offline",null):t.type==="pagehide"?this.#e.sleep():t.type==="online"?this.#e.reconnect():document.visibilityState==="visible"&&this.#e.wake()}subscribe(t){return this.#i.add(t),()=>{this.#i.delete(t)}}onChange(t){return this.#r.add(t),()=>{this.#r.delete(t)}}onNotification(t){return this.onChange(e=>e.kind==="upsert"&&e.isNew&&t(e.notification))}snapshot(){let{items:t,unread:e,unseen:i,loaded:r,next:n}=this.#t;return this.#d??=Object.freeze({status:this.#n,reason:this.#h,items:t,unread:e,unseen:i,loaded:r,more:n!==null,loading:this.#c>0})}async refresh(){this.#t.begin(),await this.#o(()=>this.api.list({limit:this.#s,filter:this.#t.filter}),t=>this.#t.reset(t))}async loadMore(){let t=this.#t.next;t===null||this.#c>0||await this.#o(()=>this.api.list({limit:this.#s,before:t,filter:this.#t.filter}),e=>t===this.#t.next&&this.#t.append(e))}async set(t,e){await this.#l(new Set([t]),e,async()=>{let i=await this.api.patch(t,e);this.#t.items.some(r=>r.id===t)&&this.#t.upsert(i)})}read(t){return this.set(t,{read:!0})}archive(t){return this.set(t,{archived:!0})}async readAll(){await this.#l("all",{read:!0},async()=>{let{cursor:t,...e}=await this.api.mark("read",{all:!0});this.#t.countAt(t,e)})}async seen(){let t=this.#t.items.filter(e=>e.seen_at===null).map(e=>e.id);t.length!==0&&await this.#l(new Set(t),{seen:!0},async()=>{let{cursor:e,...i}=await this.api.mark("seen",{ids:t});this.#t.countAt(e,i)})}preferences(){return this.api.preferences()}setPreferences(t){return this.api.setPreferences(t)}async#o(t,e){this.#c++,this.#a();try{e(await t())}finally{this.#c--,this.#a()}}async#l(t,e,i){let r=this.#t.expect(t,e,new Date().toISOString());this.#a();try{await i()}catch(n){throw!r()&&n instanceof y&&n.status>0&&await this.refresh(),n}finally{this.#a()}}#f(t,e){this.#n===t&&this.#h===e||(this.#n=t,this.#h=e,this.#a())}#a(){this.#d=null,this.#u&&(this.#u=!1,queueMicrotask(()=>{this.#u=!0;for(let t of this.#i)t()}))}};var W=globalThis,Y=W.ShadowRoot&&(W.ShadyCSS===void 0||W.ShadyCSS.nativeShadow)&&"adoptedStyleSheets"in Document.prototype&&"replace"in CSSStyleSheet.prototype,ot=Symbol(),xt=new WeakMap,H=class{constructor(t,e,i){if(this._$cssResult$=!0,i!==ot)throw Error("CSSResult is not constructable. Use `unsafeCSS` or `css` instead.");this.cssText=t,this.t=e}get styleSheet(){let t=this.o,e=this.t;if(Y&&t===void 0){let i=e!==void 0&&e.length===1;i&&(t=xt.get(e)),t===void 0&&((this.o=t=new CSSStyleSheet).replaceSync(this.cssText),i&&xt.set(e,t))}return t}toString(){return this.cssText}},_t=s=>new H(typeof s=="string"?s:s+"",void 0,ot),at=(s,...t)=>{let e=s.length===1?s[0]:t.reduce((i,r,n)=>i+(o=>{if(o._$cssResult$===!0)return o.cssText;if(typeof o=="number")return o;throw Error("Value passed to 'css' function must be a 'css' function result: "+o+". Use 'unsafeCSS' to pass non-literal values, but take care to ensure page security.")})(r)+s[n+1],s[0]);return new H(e,s,ot)},$t=(s,t)=>{if(Y)s.adoptedStyleSheets=t.map(e=>e instanceof CSSStyleSheet?e:e.styleSheet);else for(let e of t){let i=document.createElement("style"),r=W.litNonce;r!==void 0&&i.setAttribute("nonce",r),i.textContent=e.cssText,s.appendChild(i)}},lt=Y?s=>s:s=>s instanceof CSSStyleSheet?(t=>{let e="";for(let i of t.cssRules)e+=i.cssText;return _t(e)})(s):s;var{is:de,defineProperty:ue,getOwnPropertyDescriptor:pe,getOwnPropertyNames:fe,getOwnPropertySymbols:me,getPrototypeOf:ge}=Object,G=globalThis,wt=G.trustedTypes,ve=wt?wt.emptyScript:"",be=G.reactiveElementPolyfillSupport,L=(s,t)=>s,ht={toAttribute(s,t){switch(t){case Boolean:s=s?ve:null;break;case Object:case Array:s=s==null?s:JSON.stringify(s)}return s},fromAttribute(s,t){let e=s;switch(t){case Boolean:e=s!==null;break;case Number:e=s===null?null:Number(s);break;case Object:case Array:try{e=JSON.parse(s)}catch{e=null}}return e}},St=(s,t)=>!de(s,t),At={attribute:!0,type:String,converter:ht,reflect:!1,useDefault:!1,hasChanged:St};Symbol.metadata??=Symbol("metadata"),G.litPropertyMetadata??=new WeakMap;var x=class extends HTMLElement{static addInitializer(t){this._$Ei(),(this.l??=[]).push(t)}static get observedAttributes(){return this.finalize(),this._$Eh&&[...this._$Eh.keys()]}static createProperty(t,e=At){if(e.state&&(e.attribute=!1),this._$Ei(),this.prototype.hasOwnProperty(t)&&((e=Object.create(e)).wrapped=!0),this.elementProperties.set(t,e),!e.noAccessor){let i=Symbol(),r=this.getPropertyDescriptor(t,i,e);r!==void 0&&ue(this.prototype,t,r)}}static getPropertyDescriptor(t,e,i){let{get:r,set:n}=pe(this.prototype,t)??{get(){return this[e]},set(o){this[e]=o}};return{get:r,set(o){let l=r?.call(this);n?.call(this,o),this.requestUpdate(t,l,i)},configurable:!0,enumerable:!0}}static getPropertyOptions(t){return this.elementProperties.get(t)??At}static _$Ei(){if(this.hasOwnProperty(L("elementProperties")))return;let t=ge(this);t.finalize(),t.l!==void 0&&(this.l=[...t.l]),this.elementProperties=new Map(t.elementProperties)}static finalize(){if(this.hasOwnProperty(L("finalized")))return;if(this.finalized=!0,this._$Ei(),this.hasOwnProperty(L("properties"))){let e=this.properties,i=[...fe(e),...me(e)];for(let r of i)this.createProperty(r,e[r])}let t=this[Symbol.metadata];if(t!==null){let e=litPropertyMetadata.get(t);if(e!==void 0)for(let[i,r]of e)this.elementProperties.set(i,r)}this._$Eh=new Map;for(let[e,i]of this.elementProperties){let r=this._$Eu(e,i);r!==void 0&&this._$Eh.set(r,e)}this.elementStyles=this.finalizeStyles(this.styles)}static finalizeStyles(t){let e=[];if(Array.isArray(t)){let i=new Set(t.flat(1/0).reverse());for(let r of i)e.unshift(lt(r))}else t!==void 0&&e.push(lt(t));return e}static _$Eu(t,e){let i=e.attribute;return i===!1?void 0:typeof i=="string"?i:typeof t=="string"?t.toLowerCase():void 0}constructor(){super(),this._$Ep=void 0,this.isUpdatePending=!1,this.hasUpdated=!1,this._$Em=null,this._$Ev()}_$Ev(){this._$ES=new Promise(t=>this.enableUpdating=t),this._$AL=new Map,this._$E_(),this.requestUpdate(),this.constructor.l?.forEach(t=>t(this))}addController(t){(this._$EO??=new Set).add(t),this.renderRoot!==void 0&&this.isConnected&&t.hostConnected?.()}removeController(t){this._$EO?.delete(t)}_$E_(){let t=new Map,e=this.constructor.elementProperties;for(let i of e.keys())this.hasOwnProperty(i)&&(t.set(i,this[i]),delete this[i]);t.size>0&&(this._$Ep=t)}createRenderRoot(){let t=this.shadowRoot??this.attachShadow(this.constructor.shadowRootOptions);return $t(t,this.constructor.elementStyles),t}connectedCallback(){this.renderRoot??=this.createRenderRoot(),this.enableUpdating(!0),this._$EO?.forEach(t=>t.hostConnected?.())}enableUpdating(t){}disconnectedCallback(){this._$EO?.forEach(t=>t.hostDisconnected?.())}attributeChangedCallback(t,e,i){this._$AK(t,i)}_$ET(t,e){let i=this.constructor.elementProperties.get(t),r=this.constructor._$Eu(t,i);if(r!==void 0&&i.reflect===!0){let n=(i.converter?.toAttribute!==void 0?i.converter:ht).toAttribute(e,i.type);this._$Em=t,n==null?this.removeAttribute(r):this.setAttribute(r,n),this._$Em=null}}_$AK(t,e){let i=this.constructor,r=i._$Eh.get(t);if(r!==void 0&&this._$Em!==r){let n=i.getPropertyOptions(r),o=typeof n.converter=="function"?{fromAttribute:n.converter}:n.converter?.fromAttribute!==void 0?n.converter:ht;this._$Em=r;let l=o.fromAttribute(e,n.type);this[r]=l??this._$Ej?.get(r)??l,this._$Em=null}}requestUpdate(t,e,i,r=!1,n){if(t!==void 0){let o=this.constructor;if(r===!1&&(n=this[t]),i??=o.getPropertyOptions(t),!((i.hasChanged??St)(n,e)||i.useDefault&&i.reflect&&n===this._$Ej?.get(t)&&!this.hasAttribute(o._$Eu(t,i))))return;this.C(t,e,i)}this.isUpdatePending===!1&&(this._$ES=this._$EP())}C(t,e,{useDefault:i,reflect:r,wrapped:n},o){i&&!(this._$Ej??=new Map).has(t)&&(this._$Ej.set(t,o??e??this[t]),n!==!0||o!==void 0)||(this._$AL.has(t)||(this.hasUpdated||i||(e=void 0),this._$AL.set(t,e)),r===!0&&this._$Em!==t&&(this._$Eq??=new Set).add(t))}async _$EP(){this.isUpdatePending=!0;try{await this._$ES}catch(e){Promise.reject(e)}let t=this.scheduleUpdate();return t!=null&&await t,!this.isUpdatePending}scheduleUpdate(){return this.performUpdate()}performUpdate(){if(!this.isUpdatePending)return;if(!this.hasUpdated){if(this.renderRoot??=this.createRenderRoot(),this._$Ep){for(let[r,n]of this._$Ep)this[r]=n;this._$Ep=void 0}let i=this.constructor.elementProperties;if(i.size>0)for(let[r,n]of i){let{wrapped:o}=n,l=this[r];o!==!0||this._$AL.has(r)||l===void 0||this.C(r,void 0,n,l)}}let t=!1,e=this._$AL;try{t=this.shouldUpdate(e),t?(this.willUpdate(e),this._$EO?.forEach(i=>i.hostUpdate?.()),this.update(e)):this._$EM()}catch(i){throw t=!1,this._$EM(),i}t&&this._$AE(e)}willUpdate(t){}_$AE(t){this._$EO?.forEach(e=>e.hostUpdated?.()),this.hasUpdated||(this.hasUpdated=!0,this.firstUpdated(t)),this.updated(t)}_$EM(){this._$AL=new Map,this.isUpdatePending=!1}get updateComplete(){return this.getUpdateComplete()}getUpdateComplete(){return this._$ES}shouldUpdate(t){return!0}update(t){this._$Eq&&=this._$Eq.forEach(e=>this._$ET(e,this[e])),this._$EM()}updated(t){}firstUpdated(t){}};x.elementStyles=[],x.shadowRootOptions={mode:"open"},x[L("elementProperties")]=new Map,x[L("finalized")]=new Map,be?.({ReactiveElement:x}),(G.reactiveElementVersions??=[]).push("2.1.2");var dt=globalThis,kt=s=>s,Z=dt.trustedTypes,Et=Z?Z.createPolicy("lit-html",{createHTML:s=>s}):void 0,ut="$lit$",_=`lit$${Math.random().toFixed(9).slice(2)}$`,pt="?"+_,ye=`<${pt}>`,E=document,D=()=>E.createComment(""),I=s=>s===null||typeof s!="object"&&typeof s!="function",ft=Array.isArray,Nt=s=>ft(s)||typeof s?.[Symbol.iterator]=="function",ct=`[ 	
\f\r]`,B=/<(?:(!--|\/[^a-zA-Z])|(\/?[a-zA-Z][^>\s]*)|(\/?$))/g,Ct=/-->/g,Tt=/>/g,S=RegExp(`>|${ct}(?:([^\\s"'>=/]+)(${ct}*=${ct}*(?:[^ 	
\f\r"'\`<>=]|("|')|))|$)`,"g"),Pt=/'/g,Mt=/"/g,Ut=/^(?:script|style|textarea|title)$/i,mt=s=>(t,...e)=>({_$litType$:s,strings:t,values:e}),p=mt(1),Ot=mt(2),Ke=mt(3),$=Symbol.for("lit-noChange"),d=Symbol.for("lit-nothing"),Rt=new WeakMap,k=E.createTreeWalker(E,129);function Ht(s,t){if(!ft(s)||!s.hasOwnProperty("raw"))throw Error("invalid template strings array");return Et!==void 0?Et.createHTML(t):t}var Lt=(s,t)=>{let e=s.length-1,i=[],r,n=t===2?"<svg>":t===3?"<math>":"",o=B;for(let l=0;l<e;l++){let a=s[l],c,m,h=-1,f=0;for(;f<a.length&&(o.lastIndex=f,m=o.exec(a),m!==null);)f=o.lastIndex,o===B?m[1]==="!--"?o=Ct:m[1]!==void 0?o=Tt:m[2]!==void 0?(Ut.test(m[2])&&(r=RegExp("</"+m[2],"g")),o=S):m[3]!==void 0&&(o=S):o===S?m[0]===">"?(o=r??B,h=-1):m[1]===void 0?h=-2:(h=o.lastIndex-m[2].length,c=m[1],o=m[3]===void 0?S:m[3]==='"'?Mt:Pt):o===Mt||o===Pt?o=S:o===Ct||o===Tt?o=B:(o=S,r=void 0);let u=o===S&&s[l+1].startsWith("/>")?" ":"";n+=o===B?a+ye:h>=0?(i.push(c),a.slice(0,h)+ut+a.slice(h)+_+u):a+_+(h===-2?l:u)}return[Ht(s,n+(s[e]||"<?>")+(t===2?"</svg>":t===3?"</math>":"")),i]},j=class s{constructor({strings:t,_$litType$:e},i){let r;this.parts=[];let n=0,o=0,l=t.length-1,a=this.parts,[c,m]=Lt(t,e);if(this.el=s.createElement(c,i),k.currentNode=this.el.content,e===2||e===3){let h=this.el.content.firstChild;h.replaceWith(...h.childNodes)}for(;(r=k.nextNode())!==null&&a.length<l;){if(r.nodeType===1){if(r.hasAttributes())for(let h of r.getAttributeNames())if(h.endsWith(ut)){let f=m[o++],u=r.getAttribute(h).split(_),g=/([.?@])?(.*)/.exec(f);a.push({type:1,index:n,name:g[2],strings:u,ctor:g[1]==="."?Q:g[1]==="?"?X:g[1]==="@"?tt:T}),r.removeAttribute(h)}else h.startsWith(_)&&(a.push({type:6,index:n}),r.removeAttribute(h));if(Ut.test(r.tagName)){let h=r.textContent.split(_),f=h.length-1;if(f>0){r.textContent=Z?Z.emptyScript:"";for(let u=0;u<f;u++)r.append(h[u],D()),k.nextNode(),a.push({type:2,index:++n});r.append(h[f],D())}}}else if(r.nodeType===8)if(r.data===pt)a.push({type:2,index:n});else{let h=-1;for(;(h=r.data.indexOf(_,h+1))!==-1;)a.push({type:7,index:n}),h+=_.length-1}n++}}static createElement(t,e){let i=E.createElement("template");return i.innerHTML=t,i}};function C(s,t,e=s,i){if(t===$)return t;let r=i!==void 0?e._$Co?.[i]:e._$Cl,n=I(t)?void 0:t._$litDirective$;return r?.constructor!==n&&(r?._$AO?.(!1),n===void 0?r=void 0:(r=new n(s),r._$AT(s,e,i)),i!==void 0?(e._$Co??=[])[i]=r:e._$Cl=r),r!==void 0&&(t=C(s,r._$AS(s,t.values),r,i)),t}var J=class{constructor(t,e){this._$AV=[],this._$AN=void 0,this._$AD=t,this._$AM=e}get parentNode(){return this._$AM.parentNode}get _$AU(){return this._$AM._$AU}u(t){let{el:{content:e},parts:i}=this._$AD,r=(t?.creationScope??E).importNode(e,!0);k.currentNode=r;let n=k.nextNode(),o=0,l=0,a=i[0];for(;a!==void 0;){if(o===a.index){let c;a.type===2?c=new M(n,n.nextSibling,this,t):a.type===1?c=new a.ctor(n,a.name,a.strings,this,t):a.type===6&&(c=new et(n,this,t)),this._$AV.push(c),a=i[++l]}o!==a?.index&&(n=k.nextNode(),o++)}return k.currentNode=E,r}p(t){let e=0;for(let i of this._$AV)i!==void 0&&(i.strings!==void 0?(i._$AI(t,i,e),e+=i.strings.length-2):i._$AI(t[e])),e++}},M=class s{get _$AU(){return this._$AM?._$AU??this._$Cv}constructor(t,e,i,r){this.type=2,this._$AH=d,this._$AN=void 0,this._$AA=t,this._$AB=e,this._$AM=i,this.options=r,this._$Cv=r?.isConnected??!0}get parentNode(){let t=this._$AA.parentNode,e=this._$AM;return e!==void 0&&t?.nodeType===11&&(t=e.parentNode),t}get startNode(){return this._$AA}get endNode(){return this._$AB}_$AI(t,e=this){t=C(this,t,e),I(t)?t===d||t==null||t===""?(this._$AH!==d&&this._$AR(),this._$AH=d):t!==this._$AH&&t!==$&&this._(t):t._$litType$!==void 0?this.$(t):t.nodeType!==void 0?this.T(t):Nt(t)?this.k(t):this._(t)}O(t){return this._$AA.parentNode.insertBefore(t,this._$AB)}T(t){this._$AH!==t&&(this._$AR(),this._$AH=this.O(t))}_(t){this._$AH!==d&&I(this._$AH)?this._$AA.nextSibling.data=t:this.T(E.createTextNode(t)),this._$AH=t}$(t){let{values:e,_$litType$:i}=t,r=typeof i=="number"?this._$AC(t):(i.el===void 0&&(i.el=j.createElement(Ht(i.h,i.h[0]),this.options)),i);if(this._$AH?._$AD===r)this._$AH.p(e);else{let n=new J(r,this),o=n.u(this.options);n.p(e),this.T(o),this._$AH=n}}_$AC(t){let e=Rt.get(t.strings);return e===void 0&&Rt.set(t.strings,e=new j(t)),e}k(t){ft(this._$AH)||(this._$AH=[],this._$AR());let e=this._$AH,i,r=0;for(let n of t)r===e.length?e.push(i=new s(this.O(D()),this.O(D()),this,this.options)):i=e[r],i._$AI(n),r++;r<e.length&&(this._$AR(i&&i._$AB.nextSibling,r),e.length=r)}_$AR(t=this._$AA.nextSibling,e){for(this._$AP?.(!1,!0,e);t!==this._$AB;){let i=kt(t).nextSibling;kt(t).remove(),t=i}}setConnected(t){this._$AM===void 0&&(this._$Cv=t,this._$AP?.(t))}},T=class{get tagName(){return this.element.tagName}get _$AU(){return this._$AM._$AU}constructor(t,e,i,r,n){this.type=1,this._$AH=d,this._$AN=void 0,this.element=t,this.name=e,this._$AM=r,this.options=n,i.length>2||i[0]!==""||i[1]!==""?(this._$AH=Array(i.length-1).fill(new String),this.strings=i):this._$AH=d}_$AI(t,e=this,i,r){let n=this.strings,o=!1;if(n===void 0)t=C(this,t,e,0),o=!I(t)||t!==this._$AH&&t!==$,o&&(this._$AH=t);else{let l=t,a,c;for(t=n[0],a=0;a<n.length-1;a++)c=C(this,l[i+a],e,a),c===$&&(c=this._$AH[a]),o||=!I(c)||c!==this._$AH[a],c===d?t=d:t!==d&&(t+=(c??"")+n[a+1]),this._$AH[a]=c}o&&!r&&this.j(t)}j(t){t===d?this.element.removeAttribute(this.name):this.element.setAttribute(this.name,t??"")}},Q=class extends T{constructor(){super(...arguments),this.type=3}j(t){this.element[this.name]=t===d?void 0:t}},X=class extends T{constructor(){super(...arguments),this.type=4}j(t){this.element.toggleAttribute(this.name,!!t&&t!==d)}},tt=class extends T{constructor(t,e,i,r,n){super(t,e,i,r,n),this.type=5}_$AI(t,e=this){if((t=C(this,t,e,0)??d)===$)return;let i=this._$AH,r=t===d&&i!==d||t.capture!==i.capture||t.once!==i.once||t.passive!==i.passive,n=t!==d&&(i===d||r);r&&this.element.removeEventListener(this.name,this,i),n&&this.element.addEventListener(this.name,this,t),this._$AH=t}handleEvent(t){typeof this._$AH=="function"?this._$AH.call(this.options?.host??this.element,t):this._$AH.handleEvent(t)}},et=class{constructor(t,e,i){this.element=t,this.type=6,this._$AN=void 0,this._$AM=e,this.options=i}get _$AU(){return this._$AM._$AU}_$AI(t){C(this,t)}},Bt={M:ut,P:_,A:pt,C:1,L:Lt,R:J,D:Nt,V:C,I:M,H:T,N:X,U:tt,B:Q,F:et},xe=dt.litHtmlPolyfillSupport;xe?.(j,M),(dt.litHtmlVersions??=[]).push("3.3.3");var Dt=(s,t,e)=>{let i=e?.renderBefore??t,r=i._$litPart$;if(r===void 0){let n=e?.renderBefore??null;i._$litPart$=r=new M(t.insertBefore(D(),n),n,void 0,e??{})}return r._$AI(s),r};var gt=globalThis,w=class extends x{constructor(){super(...arguments),this.renderOptions={host:this},this._$Do=void 0}createRenderRoot(){let t=super.createRenderRoot();return this.renderOptions.renderBefore??=t.firstChild,t}update(t){let e=this.render();this.hasUpdated||(this.renderOptions.isConnected=this.isConnected),super.update(t),this._$Do=Dt(e,this.renderRoot,this.renderOptions)}connectedCallback(){super.connectedCallback(),this._$Do?.setConnected(!0)}disconnectedCallback(){super.disconnectedCallback(),this._$Do?.setConnected(!1)}render(){return $}};w._$litElement$=!0,w.finalized=!0,gt.litElementHydrateSupport?.({LitElement:w});var _e=gt.litElementPolyfillSupport;_e?.({LitElement:w});(gt.litElementVersions??=[]).push("4.2.2");var It={ATTRIBUTE:1,CHILD:2,PROPERTY:3,BOOLEAN_ATTRIBUTE:4,EVENT:5,ELEMENT:6},jt=s=>(...t)=>({_$litDirective$:s,values:t}),it=class{constructor(t){}get _$AU(){return this._$AM._$AU}_$AT(t,e,i){this._$Ct=t,this._$AM=e,this._$Ci=i}_$AS(t,e){return this.update(t,e)}update(t,e){return this.render(...e)}};var{I:$e}=Bt,zt=s=>s;var Vt=()=>document.createComment(""),R=(s,t,e)=>{let i=s._$AA.parentNode,r=t===void 0?s._$AB:t._$AA;if(e===void 0){let n=i.insertBefore(Vt(),r),o=i.insertBefore(Vt(),r);e=new $e(n,o,s,s.options)}else{let n=e._$AB.nextSibling,o=e._$AM,l=o!==s;if(l){let a;e._$AQ?.(s),e._$AM=s,e._$AP!==void 0&&(a=s._$AU)!==o._$AU&&e._$AP(a)}if(n!==r||l){let a=e._$AA;for(;a!==n;){let c=zt(a).nextSibling;zt(i).insertBefore(a,r),a=c}}}return e},A=(s,t,e=s)=>(s._$AI(t,e),s),we={},Ft=(s,t=we)=>s._$AH=t,qt=s=>s._$AH,st=s=>{s._$AR(),s._$AA.remove()};var Kt=(s,t,e)=>{let i=new Map;for(let r=t;r<=e;r++)i.set(s[r],r);return i},Wt=jt(class extends it{constructor(s){if(super(s),s.type!==It.CHILD)throw Error("repeat() can only be used in text expressions")}dt(s,t,e){let i;e===void 0?e=t:t!==void 0&&(i=t);let r=[],n=[],o=0;for(let l of s)r[o]=i?i(l,o):o,n[o]=e(l,o),o++;return{values:n,keys:r}}render(s,t,e){return this.dt(s,t,e).values}update(s,[t,e,i]){let r=qt(s),{values:n,keys:o}=this.dt(t,e,i);if(!Array.isArray(r))return this.ut=o,n;let l=this.ut??=[],a=[],c,m,h=0,f=r.length-1,u=0,g=n.length-1;for(;h<=f&&u<=g;)if(r[h]===null)h++;else if(r[f]===null)f--;else if(l[h]===o[u])a[u]=A(r[h],n[u]),h++,u++;else if(l[f]===o[g])a[g]=A(r[f],n[g]),f--,g--;else if(l[h]===o[g])a[g]=A(r[h],n[g]),R(s,a[g+1],r[h]),h++,g--;else if(l[f]===o[u])a[u]=A(r[f],n[u]),R(s,r[h],r[f]),f--,u++;else if(c===void 0&&(c=Kt(o,u,g),m=Kt(l,h,f)),c.has(l[h]))if(c.has(l[f])){let b=m.get(o[u]),nt=b!==void 0?r[b]:null;if(nt===null){let bt=R(s,r[h]);A(bt,n[u]),a[u]=bt}else a[u]=A(nt,n[u]),R(s,r[h],nt),r[b]=null;u++}else st(r[f]),f--;else st(r[h]),h++;for(;u<=g;){let b=R(s,a[g+1]);A(b,n[u]),a[u++]=b}for(;h<=f;){let b=r[h++];b!==null&&st(b)}return this.ut=o,Ft(s,a),$}});var P=s=>p`<svg class="icon" viewBox="0 0 20 20" aria-hidden="true">${Ot`<path d=${s} />`}</svg>`,v={bell:P("M4 14h12l-1.2-2.1a4 4 0 0 1-.5-2V8.3a4.3 4.3 0 0 0-8.6 0v1.6a4 4 0 0 1-.5 2L4 14Zm4.2 0a1.85 1.85 0 0 0 3.6 0"),archive:P("M3.5 4h13v3h-13V4Zm1 3v8.5a.5.5 0 0 0 .5.5h10a.5.5 0 0 0 .5-.5V7M8 10.5h4"),read:P("m4.5 10.5 3.5 3.5 7.5-8"),readAll:P("m2 10.8 3.4 3.4 6.8-7.4M9.4 14.2l.2.1 7.4-7.5"),unread:P("M10 6.5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7Z"),offline:P("m3 3 14 14M8.4 5.2a7.5 7.5 0 0 1 8 2.3M3.6 7.5c.6-.6 1.3-1.2 2.1-1.6M6.3 10.6c.6-.5 1.3-.9 2.1-1.1m3 .2c.9.2 1.7.7 2.3 1.3M10 14.6h.01"),key:P("M12.5 3.5a4 4 0 1 1-1.4 7.75L9.5 12.8H8v1.7H6.5V16H3.8v-2.6l4.95-4.95A4 4 0 0 1 12.5 3.5Zm.8 3.2h.01")};var Ae=[["day",86400],["hour",3600],["minute",60]];function Yt(s,t,e){let i=Date.parse(s),r=Math.max(0,(t-i)/1e3),n=new Intl.RelativeTimeFormat(e,{numeric:"auto",style:"narrow"});if(r<45)return n.format(0,"second");if(r<7*86400){for(let[a,c]of Ae)if(r>=c||a==="minute")return n.format(-Math.max(1,Math.floor(r/c)),a)}let l=new Date(i).getFullYear()===new Date(t).getFullYear()?{}:{year:"numeric"};return new Intl.DateTimeFormat(e,{month:"short",day:"numeric",...l}).format(i)}function Gt(s,t){return new Intl.DateTimeFormat(t,{dateStyle:"full",timeStyle:"short"}).format(Date.parse(s))}function Jt(s,t){let e=s.read_at===null,i=s.id===t.current?0:-1,r=a=>t.open(a,s),n=Qt(s.url),o=e?t.strings.markRead:t.strings.markUnread,l=(a,c,m,h)=>p`<button
    type="button"
    part=${m}
    tabindex=${i}
    title=${a}
    aria-label="${a}: ${s.title}"
    @click=${h}
  >
    ${c}
  </button>`;return p`<li class=${e?"unread":""} part="item ${e?"item-unread":"item-read"}" data-id=${s.id}>
    ${n?p`<a class="item" href=${n} tabindex=${i} @click=${r}>${Zt(s,t)}</a>`:p`<button class="item" type="button" tabindex=${i} @click=${r}>${Zt(s,t)}</button>`}
    <div class="actions">
      ${l(o,e?v.read:v.unread,"toggle-read",()=>t.toggleRead(s))}
      ${l(t.strings.archive,v.archive,"archive",()=>t.archive(s))}
    </div>
  </li>`}function Zt(s,t){let e=s.priority==="high"||s.priority==="critical"?s.priority:null,i=s.actor?.name;return p`${Se(s.actor)}
    <span class="line">
      <span class="title" part="item-title">
        ${s.read_at===null?p`<span class="said">${t.strings.unread}: </span>`:d}${s.title}
      </span>
      <time datetime=${s.created_at} title=${Gt(s.created_at,t.locale)}>${Yt(s.created_at,t.now,t.locale)}</time>
    </span>
    ${s.body?p`<span class="body" part="item-body">${s.body}</span>`:d}
    ${i||e?p`<span class="meta">
          ${e?p`<span class="priority ${e}">${t.strings[e]}</span>`:d}${i??d}
        </span>`:d}`}function Se(s){let t=ke(s?.name??"");if(!t&&!s?.avatar_url)return p`<span class="avatar plain" aria-hidden="true">${v.bell}</span>`;let e=Qt(s?.avatar_url??"");return p`<span class="avatar" part="avatar" aria-hidden="true">
    ${e?p`<img src=${e} alt="" loading="lazy" referrerpolicy="no-referrer" @error=${r=>r.target.remove()} />`:t||v.bell}
  </span>`}function ke(s){let t=s.trim().split(/\s+/u).filter(Boolean),e=i=>i?[...i][0]??"":"";return(e(t[0])+(t.length>1?e(t.at(-1)):"")).toLocaleUpperCase()}function Qt(s){return/^(https?:\/\/|\/(?![\\/])|\/$)/i.test(s)?s:null}function Xt(s,t,e,i){let r=(n,o=!1)=>p`<div class="notice" part="notice" role="status">
    ${v.offline}<span class="grow">${n}</span>
    ${o?p`<button class="text-button" type="button" @click=${i}>${t.retry}</button>`:d}
  </div>`;if(s?.loaded){if(s.status==="offline")return r(t.offline,!0);if(s.status==="reconnecting")return r(t.reconnecting);if(s.status==="unauthorized")return r(t.unauthorizedTitle,!0);if(s.status==="stopped")return r(t.stopped,!0)}return e?r(t.failed):d}function te(s,t){return s.loaded?vt(v.bell,t.emptyTitle,t.emptyText):s.status==="unauthorized"?vt(v.key,t.unauthorizedTitle,t.unauthorizedText):vt(v.offline,t.offlineTitle,t.offlineText)}function vt(s,t,e){return p`<div class="state" part="empty">
    <div class="mark">${s}</div>
    <strong>${t}</strong><span>${e}</span>
  </div>`}function ee(s){let t=p`<div class="ghost" aria-hidden="true"><i></i><i></i><i></i></div>`;return p`<span class="said" role="status">${s.loading}</span>${t}${t}${t}`}function ie(s,t,e,i){let r=Math.min(e.width,t.width-16),n=i?s.left:s.right-r,o=Math.max(8,Math.min(n,t.width-r-8)),l=t.height-s.bottom-16,a=s.top-16,c=l<280&&a>l,m=Math.max(160,Math.min(e.height,c?a:l));return{left:o,width:r,height:m,above:c,top:c?s.top-8:s.bottom+8}}var se={title:"Notifications",button:s=>s===0?"Notifications":`Notifications, ${s} unread`,arrived:s=>s.length===1?`New notification: ${s[0]}`:`${s.length} new notifications`,unread:"Unread",markAllRead:"Mark all as read",markRead:"Mark as read",markUnread:"Mark as unread",archive:"Archive",loadMore:"Show older",loading:"Loading notifications",emptyTitle:"You\u2019re all caught up",emptyText:"New notifications appear here as they happen.",end:"That\u2019s everything",reconnecting:"Reconnecting\u2026",offline:"You\u2019re offline. Showing what was loaded.",unauthorizedTitle:"You\u2019re signed out",unauthorizedText:"Sign in to see your notifications.",offlineTitle:"Can\u2019t load notifications",offlineText:"The server doesn\u2019t answer. Trying again\u2026",stopped:"Live updates are off.",retry:"Reconnect",failed:"That didn\u2019t work. Please try again.",high:"Important",critical:"Urgent"};var re=at`
  :host {
    --_accent: var(--belfry-accent, light-dark(#5b5bd6, #8f8ff5));
    --_on-accent: var(--belfry-on-accent, light-dark(#fff, #14141f));
    --_badge: var(--belfry-badge, light-dark(#d92d3a, #ff6b6f));
    --_on-badge: var(--belfry-on-badge, light-dark(#fff, #26080a));
    --_bg: var(--belfry-background, light-dark(#fff, #1b1c21));
    --_hover: var(--belfry-hover, light-dark(#f5f5f7, #25262d));
    --_fresh: var(--belfry-fresh, light-dark(#f7f7ff, #20212b));
    --_text: var(--belfry-text, light-dark(#1a1b20, #ececf1));
    --_muted: var(--belfry-muted, light-dark(#62656f, #a0a3ae));
    --_line: var(--belfry-border, light-dark(#e6e6ea, #303139));
    --_warn: light-dark(#8a5300, #f0b968);
    --_radius: var(--belfry-radius, 12px);
    --_font: var(--belfry-font, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif);
    display: inline-block;
    position: relative;
    font: 400 14px/1.45 var(--_font);
    color: var(--_text);
    text-align: start;
  }
  :host([hidden]) {
    display: none;
  }
  :host([theme='light']) {
    color-scheme: light;
  }
  :host([theme='dark']) {
    color-scheme: dark;
  }
  :host([theme='auto']) {
    color-scheme: light dark;
  }
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  button,
  a {
    font: inherit;
    color: inherit;
    text-align: inherit;
    text-decoration: none;
    background: none;
    border: 0;
    margin: 0;
    padding: 0;
    cursor: pointer;
    -webkit-tap-highlight-color: transparent;
  }
  :focus-visible {
    outline: 2px solid var(--_accent);
    outline-offset: -2px;
  }
  .icon {
    display: block;
    width: 20px;
    height: 20px;
    fill: none;
    stroke: currentColor;
    stroke-width: 1.5;
    stroke-linecap: round;
    stroke-linejoin: round;
  }
  .said {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }

  .bell {
    position: relative;
    display: grid;
    place-items: center;
    width: var(--belfry-button-size, 40px);
    height: var(--belfry-button-size, 40px);
    border-radius: 10px;
    color: inherit;
    transition: background-color 0.12s;
  }
  .bell:hover,
  .bell[aria-expanded='true'] {
    background: color-mix(in srgb, currentColor 8%, transparent);
  }
  .bell .icon {
    width: 22px;
    height: 22px;
    transform-origin: 50% 12%;
  }
  .badge {
    position: absolute;
    inset-block-start: 2px;
    inset-inline-start: calc(50% + 1px);
    min-width: 18px;
    height: 18px;
    padding: 0 5px;
    border-radius: 9px;
    background: var(--_badge);
    color: var(--_on-badge);
    box-shadow: 0 0 0 2px var(--belfry-badge-ring, light-dark(#fff, #121317));
    font: 600 11px/18px var(--_font);
    font-variant-numeric: tabular-nums;
    text-align: center;
  }

  .panel {
    position: fixed;
    inset: auto;
    z-index: 2147483000;
    display: flex;
    flex-direction: column;
    margin: 0;
    padding: 0;
    border: 1px solid var(--_line);
    border-radius: var(--_radius);
    background: var(--_bg);
    color: var(--_text);
    box-shadow: var(
      --belfry-shadow,
      0 1px 2px rgb(0 0 0 / 6%),
      0 4px 10px rgb(0 0 0 / 6%),
      0 18px 48px light-dark(rgb(0 0 0 / 14%), rgb(0 0 0 / 50%))
    );
    overflow: hidden;
    outline: none;
  }
  header {
    display: flex;
    align-items: center;
    gap: 8px;
    min-height: 52px;
    padding: 6px 8px 6px 16px;
    padding-inline: 16px 8px;
    border-block-end: 1px solid var(--_line);
  }
  h2 {
    margin: 0;
    font: 600 15px/1.3 var(--_font);
    letter-spacing: -0.006em;
  }
  .count {
    padding: 1px 7px;
    border-radius: 9px;
    background: color-mix(in srgb, var(--_accent) 14%, transparent);
    color: light-dark(color-mix(in srgb, var(--_accent) 90%, #000), var(--_accent));
    font: 600 12px/18px var(--_font);
    font-variant-numeric: tabular-nums;
  }
  .grow {
    flex: 1;
  }
  .text-button {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    padding: 7px 10px;
    border-radius: 8px;
    color: var(--_muted);
    font-weight: 500;
    font-size: 13px;
    white-space: nowrap;
  }
  .text-button:hover:not([aria-disabled='true']) {
    background: var(--_hover);
    color: var(--_text);
  }
  .text-button .icon {
    width: 18px;
    height: 18px;
  }
  .text-button[aria-disabled='true'] {
    opacity: 0.45;
    cursor: default;
  }

  .notice {
    display: flex;
    align-items: center;
    gap: 8px;
    padding: 6px 8px 6px 16px;
    padding-inline: 16px 8px;
    min-height: 34px;
    border-block-end: 1px solid var(--_line);
    background: color-mix(in srgb, var(--_warn) 9%, transparent);
    color: var(--_warn);
    font-size: 13px;
  }
  .notice .icon {
    width: 16px;
    height: 16px;
  }
  .notice .text-button {
    color: inherit;
    padding: 3px 8px;
    text-decoration: underline;
    text-underline-offset: 2px;
  }

  .scroll {
    flex: 1;
    min-height: 0;
    overflow-y: auto;
    overscroll-behavior: contain;
    scrollbar-width: thin;
    scrollbar-color: var(--_line) transparent;
  }
  ul {
    list-style: none;
    margin: 0;
    padding: 0;
  }
  li {
    position: relative;
    border-block-end: 1px solid var(--_line);
  }
  li:last-child {
    border-block-end: 0;
  }
  .item {
    display: grid;
    grid-template-columns: 36px minmax(0, 1fr);
    gap: 2px 12px;
    width: 100%;
    padding: 13px 16px 13px 24px;
    padding-inline: 24px 16px;
    transition: background-color 0.12s;
  }
  li.unread .item {
    background: var(--_fresh);
  }
  li:hover .item,
  li:focus-within .item {
    background: var(--_hover);
  }
  li.unread::before {
    content: '';
    position: absolute;
    inset-block-start: 27px;
    inset-inline-start: 9px;
    width: 8px;
    height: 8px;
    border-radius: 50%;
    background: var(--_accent);
    z-index: 1;
  }
  .avatar {
    grid-row: 1 / span 3;
    display: grid;
    place-items: center;
    width: 36px;
    height: 36px;
    border-radius: 50%;
    overflow: hidden;
    background: color-mix(in oklch, var(--_accent) 16%, var(--_bg));
    color: light-dark(color-mix(in srgb, var(--_accent) 80%, #000), color-mix(in srgb, var(--_accent) 80%, #fff));
    font: 600 13px/1 var(--_font);
  }
  .avatar img {
    width: 100%;
    height: 100%;
    object-fit: cover;
  }
  .avatar.plain {
    border-radius: 10px;
  }
  .line {
    display: flex;
    align-items: baseline;
    gap: 10px;
    min-width: 0;
  }
  .title {
    flex: 1;
    min-width: 0;
    font-weight: 500;
    overflow-wrap: anywhere;
  }
  li.unread .title {
    font-weight: 600;
  }
  li:not(.unread) .title {
    color: color-mix(in srgb, var(--_text) 82%, var(--_muted));
  }
  time {
    flex: none;
    color: var(--_muted);
    font-size: 12px;
    font-variant-numeric: tabular-nums;
    white-space: nowrap;
  }
  .body {
    display: -webkit-box;
    -webkit-box-orient: vertical;
    -webkit-line-clamp: 3;
    overflow: hidden;
    color: var(--_muted);
    font-size: 13px;
    overflow-wrap: anywhere;
    white-space: pre-line;
  }
  .meta {
    display: flex;
    align-items: center;
    gap: 6px;
    color: var(--_muted);
    font-size: 12px;
    margin-block-start: 2px;
  }
  .priority {
    padding: 0 6px;
    border-radius: 5px;
    font-weight: 600;
    line-height: 18px;
    background: color-mix(in srgb, var(--_warn) 14%, transparent);
    color: var(--_warn);
  }
  .priority.critical {
    background: color-mix(in srgb, var(--_badge) 14%, transparent);
    color: light-dark(color-mix(in srgb, var(--_badge) 82%, #000), var(--_badge));
  }

  .actions {
    position: absolute;
    inset-block-start: 8px;
    inset-inline-end: 10px;
    display: flex;
    gap: 2px;
    padding: 2px;
    border: 1px solid var(--_line);
    border-radius: 9px;
    background: var(--_bg);
    opacity: 0;
    pointer-events: none;
    transition: opacity 0.12s;
  }
  li:hover .actions,
  li:focus-within .actions {
    opacity: 1;
    pointer-events: auto;
  }
  .actions button {
    display: grid;
    place-items: center;
    width: 28px;
    height: 28px;
    border-radius: 7px;
    color: var(--_muted);
  }
  .actions button:hover {
    background: var(--_hover);
    color: var(--_text);
  }
  .actions .icon {
    width: 18px;
    height: 18px;
  }

  .foot {
    display: grid;
    place-items: center;
    padding: 8px;
    border-block-start: 1px solid var(--_line);
    color: var(--_muted);
    font-size: 12px;
  }
  .state {
    display: grid;
    justify-items: center;
    gap: 4px;
    padding: 44px 32px 52px;
    text-align: center;
  }
  .state .mark {
    display: grid;
    place-items: center;
    width: 52px;
    height: 52px;
    margin-block-end: 10px;
    border-radius: 50%;
    background: var(--_hover);
    color: var(--_muted);
  }
  .state .mark .icon {
    width: 26px;
    height: 26px;
    stroke-width: 1.25;
  }
  .state strong {
    font-weight: 600;
  }
  .state span {
    color: var(--_muted);
    font-size: 13px;
  }
  .ghost {
    display: grid;
    grid-template-columns: 36px 1fr;
    gap: 8px 12px;
    padding: 14px 16px 14px 24px;
    padding-inline: 24px 16px;
  }
  .ghost i {
    height: 10px;
    border-radius: 5px;
    background: var(--_hover);
    animation: breathe 1.4s ease-in-out infinite alternate;
  }
  .ghost i:first-child {
    grid-row: span 2;
    height: 36px;
    border-radius: 50%;
  }
  .ghost i:last-child {
    width: 65%;
  }

  @media (hover: none) {
    .actions {
      position: static;
      opacity: 1;
      pointer-events: auto;
      border: 0;
      padding: 0 12px 8px;
      justify-content: flex-end;
      background: none;
      margin-block-start: -6px;
    }
    .actions button {
      width: 40px;
      height: 36px;
    }
  }
  @media (prefers-reduced-motion: no-preference) {
    .panel {
      animation: unfold 0.14s cubic-bezier(0.2, 0.9, 0.3, 1);
    }
    .ring .icon {
      animation: ring 0.7s ease-in-out;
    }
    .ring .badge {
      animation: pop 0.3s cubic-bezier(0.2, 1.6, 0.4, 1);
    }
  }
  @media (prefers-reduced-motion: reduce) {
    *,
    *::before,
    *::after {
      animation: none !important;
      transition: none !important;
    }
  }
  @media (forced-colors: active) {
    .badge,
    li.unread::before {
      forced-color-adjust: none;
      background: Highlight;
      color: HighlightText;
    }
  }
  @keyframes unfold {
    from {
      opacity: 0;
      transform: translateY(-6px) scale(0.985);
    }
  }
  @keyframes ring {
    15% {
      transform: rotate(14deg);
    }
    35% {
      transform: rotate(-12deg);
    }
    55% {
      transform: rotate(8deg);
    }
    75% {
      transform: rotate(-5deg);
    }
  }
  @keyframes pop {
    from {
      transform: scale(0.6);
    }
  }
  @keyframes breathe {
    to {
      opacity: 0.45;
    }
  }
`;var rt=class extends w{static styles=re;static properties={baseUrl:{attribute:"base-url"},token:{},locale:{},limit:{type:Number},theme:{reflect:!0},strings:{attribute:!1},client:{attribute:!1},renew:{attribute:!1},open:{type:Boolean,reflect:!0},_snapshot:{state:!0},_current:{state:!0},_said:{state:!0},_ringing:{state:!0},_failed:{state:!0},_now:{state:!0}};#t;#e=[];#s=[];#i;#r=!1;constructor(){super(),this.baseUrl="",this.locale="en",this.strings={},this.open=!1,this._current=null,this._said="",this._ringing=!1,this._failed=!1,this._now=Date.now()}connectedCallback(){super.connectedCallback(),this.hasUpdated&&this.#d()}disconnectedCallback(){super.disconnectedCallback(),this.#o(),this.#_(!1),this.#r=!1}updated(t){let e=["baseUrl","token","limit","client"].some(i=>t.has(i));this.isConnected&&(e||!this.#e.length)&&this.#d(),this.open!==this.#r&&this.#w(this.open),this.open&&this.#x()}render(){let t=this._snapshot,e=t?.unread??0,i=this.#c;return p`<button
        class="bell ${this._ringing?"ring":""}"
        part="button"
        type="button"
        aria-label=${i.button(e)}
        aria-haspopup="dialog"
        aria-expanded=${this.open?"true":"false"}
        @click=${()=>this.open=!this.open}
        @keydown=${this.#k}
        @animationend=${()=>this._ringing=!1}
      >
        <slot name="icon">${v.bell}</slot>
        ${e>0?p`<span class="badge" part="badge" aria-hidden="true">${e>99?"99+":e}</span>`:d}
      </button>
      <div class="said" role="status" aria-live="polite">${this._said}</div>
      ${this.open?this.#n(t,i):d}`}#n(t,e){let i=t?.unread??0;return p`<div
      class="panel"
      part="panel"
      popover="manual"
      role="dialog"
      aria-labelledby="title"
      tabindex="-1"
      @keydown=${this.#E}
      @focusin=${this.#T}
      @focusout=${this.#P}
    >
      <header part="header">
        <h2 id="title">${e.title}</h2>
        ${i>0?p`<span class="count" aria-hidden="true">${i}</span>`:d}
        <span class="grow"></span>
        <button
          class="text-button"
          part="mark-all"
          type="button"
          aria-disabled=${i===0?"true":"false"}
          @click=${()=>i>0&&this.#p(r=>r.readAll())}
        >
          ${v.readAll}${e.markAllRead}
        </button>
      </header>
      ${Xt(t,e,this._failed,()=>this.client?.reconnect())}
      <div class="scroll" part="list">${this.#h(t,e)}</div>
    </div>`}#h(t,e){if(!t||t.items.length===0)return!t||!t.loaded&&t.status==="connecting"?ee(e):te(t,e);let i=t.items.some(n=>n.id===this._current)?this._current:t.items[0].id,r={strings:e,locale:this.locale,now:this._now,current:i,open:(n,o)=>this.#b(n,o),toggleRead:n=>this.#p(o=>o.set(n.id,{read:n.read_at===null})),archive:n=>this.#g(n)};return p`<ul role="list" aria-busy=${t.loading?"true":"false"}>
        ${Wt(t.items,n=>n.id,n=>Jt(n,r))}
      </ul>
      <div class="foot">
        ${t.more?p`<button
              class="text-button"
              part="more"
              type="button"
              aria-disabled=${t.loading?"true":"false"}
              @click=${()=>this.#p(n=>n.loadMore())}
            >
              ${e.loadMore}
            </button>`:e.end}
      </div>`}get#c(){return{...se,...this.strings}}#d(){let t=this.client!==this.#t?this.client:void 0;this.#o();let e=t??this.#u();this.client=e,this.#e=[e.subscribe(()=>this.#l(e.snapshot())),e.onNotification(i=>this.#f(i))],this.#l(e.snapshot()),this.#t?.start()}#u(){return this.#t=new O({baseUrl:this.baseUrl,token:this.token,...this.limit?{limit:this.limit}:{},renew:()=>this.renew?.()}),this.#t}#o(){for(let t of this.#e)t();this.#e=[],this.#t?.stop(),this.client===this.#t&&(this.client=void 0),this.#t=void 0}#l(t){this._snapshot=t,this.open&&this.#a()}#f(t){this.dispatchEvent(new CustomEvent("belfry-notification",{detail:t,bubbles:!0,composed:!0})),this._ringing=!0,this.#s.push(t.title),!(this.#s.length>1)&&queueMicrotask(()=>{this._said=this.#c.arrived(this.#s),this.#s=[],this._now=Date.now()})}#a(){document.visibilityState!=="visible"||this._snapshot?.status!=="live"||this._snapshot.items.some(t=>t.seen_at===null)&&this.#p(t=>t.seen())}#p(t){this.client&&(this._failed=!1,t(this.client).catch(()=>this._failed=!0))}#b(t,e){e.read_at===null&&this.#p(n=>n.read(e.id));let i=this.dispatchEvent(new CustomEvent("belfry-open",{detail:e,bubbles:!0,composed:!0,cancelable:!0}));i||t.preventDefault();let r=t.ctrlKey||t.metaKey||t.shiftKey||t.button!==0;e.url&&!r&&this.#y(!i)}#g(t){let e=this._snapshot?.items??[],i=e.findIndex(o=>o.id===t.id),r=e[i+1]??e[i-1],n=this.shadowRoot?.activeElement?.closest("li")!=null;this.#p(o=>o.archive(t.id)),n&&this.updateComplete.then(()=>r?this.#v(r.id):this.#m?.focus())}get#m(){return this.renderRoot.querySelector(".panel")}#v(t){this._current=t,this.renderRoot.querySelector(`li[data-id="${CSS.escape(t)}"] .item`)?.focus()}#y(t){this.open=!1,t&&this.renderRoot.querySelector(".bell")?.focus()}#w(t){if(this.#r=t,this.#_(t),!t)return;this._failed=!1,this._current=null,this._now=Date.now();let e=this.#m;e&&"showPopover"in e&&e.showPopover(),e?.focus({preventScroll:!0}),this.#a()}#_(t){let e=t?"addEventListener":"removeEventListener";document[e]("pointerdown",this.#A,!0),document[e]("visibilitychange",this.#S),window[e]("resize",this.#x),window[e]("scroll",this.#x,!0),clearInterval(this.#i),t&&(this.#i=setInterval(()=>this._now=Date.now(),3e4))}#A=t=>{t.composedPath().includes(this)||this.#y(!1)};#S=()=>this.#a();#x=()=>{let t=this.#m,e=this.renderRoot.querySelector(".bell");if(!t||!e)return;let i={width:document.documentElement.clientWidth,height:window.innerHeight},r=getComputedStyle(this),n={left:0,top:0,width:parseFloat(r.getPropertyValue("--belfry-width"))||420,height:640},o=ie(e.getBoundingClientRect(),i,n,r.direction==="rtl");t.style.left=`${o.left}px`,t.style.width=`${o.width}px`,t.style.maxHeight=`${o.height}px`,t.style.top=o.above?"auto":`${o.top}px`,t.style.bottom=o.above?`${i.height-o.top}px`:"auto"};#k(t){t.key==="ArrowDown"&&(t.preventDefault(),this.open=!0,this.updateComplete.then(()=>this.#$("first")))}#E(t){let e=t.target.closest("li"),r={ArrowDown:"next",ArrowUp:"previous",Home:"first",End:"last"}[t.key];if(t.key==="Escape")this.#y(!0);else if(t.key==="Delete"&&e)this.#C(e.dataset.id);else if(r)this.#$(r,e?.dataset.id);else return;t.preventDefault(),t.stopPropagation()}#C(t){let e=this._snapshot?.items.find(i=>i.id===t);e&&this.#g(e)}#$(t,e){let i=this._snapshot?.items.map(l=>l.id)??[],r=e===void 0?-1:i.indexOf(e),n={next:Math.min(r+1,i.length-1),previous:Math.max(r-1,0),first:0,last:i.length-1},o=i[n[t]];o&&this.#v(o)}#T(t){let e=t.target.closest("li")?.dataset.id;e&&(this._current=e)}#P(t){let e=t.relatedTarget;e instanceof Node&&!this.renderRoot.contains(e)&&this.#y(!1)}};typeof window<"u"&&!customElements.get("belfry-bell")&&customElements.define("belfry-bell",rt);export{N as Api,O as Belfry,rt as BelfryBell,y as BelfryError};
/*! Bundled license information:

@lit/reactive-element/css-tag.js:
  (**
   * @license
   * Copyright 2019 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)

@lit/reactive-element/reactive-element.js:
lit-html/lit-html.js:
lit-element/lit-element.js:
lit-html/directive.js:
lit-html/directives/repeat.js:
  (**
   * @license
   * Copyright 2017 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)

lit-html/is-server.js:
  (**
   * @license
   * Copyright 2022 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)

lit-html/directive-helpers.js:
  (**
   * @license
   * Copyright 2020 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)
*/
