import packageJson from '../../../package.json';
import bootstrap from '../carried-bootstrap.json';
import files from '../carried-files.json';

describe('The carried runtime', () => {
  const names = Object.keys(files);

  it('should be of the version of the package', () => {
    expect(bootstrap.version).toBe(packageJson.version);
  });

  it('should carry the source of the package', () => {
    expect(names).toContain('jupyterlab_jobs/__init__.py');
  });

  it('should carry nothing that is generated', () => {
    expect(names).not.toContain('jupyterlab_jobs/_version.py');
    expect(names.filter(name => name.includes('labextension/'))).toEqual([]);
  });

  it('should be sorted, so that the same source gives the same file', () => {
    expect(names).toEqual([...names].sort());
  });
});
