// The folder is an app of its own, wherever it lies.
export default { turbopack: { root: import.meta.dirname } };
