import{html as p}from"../../../belfry.js";var a=String.raw,f=a`fieldset{padding:8px 16px 16px}legend{padding:8px 0;color:var(--muted)}label{display:flex;align-items:center;gap:12px;margin:0 -8px;padding:10px 8px;border-radius:8px}input{width:18px;height:18px;margin:0;accent-color:var(--accent)}
`;function x({categories:t},n,s,c){let i=e=>{let r=t[e]?.email;return r!==void 0||e==="*"?r??!0:i(e.includes(".")?e.slice(0,e.lastIndexOf(".")):"*")},l=new Set(["*",...Object.keys(n),...Object.keys(t)]),d=e=>r=>{let o=r.target.checked;c({categories:{...t,[e]:{...t[e],email:o}}})};return p`<fieldset part="preferences">
<legend>${s.email}</legend>
${[...l].map(e=>p`<label>
<input type="checkbox" .checked=${i(e)} @change=${d(e)} />${e==="*"?s.everything:n[e]??e}
</label>`)}
</fieldset>`}export{x as drawPreferences,f as preferencesStyles};
