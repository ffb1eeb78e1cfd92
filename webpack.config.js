// Merged into the configuration of JupyterLab's builder.
module.exports = {
  // The list of the bundled packages' licences leaves out those whose modules
  // are merged into a module of another package.
  optimization: { concatenateModules: false }
};
