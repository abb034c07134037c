// A machine with a V4L2 device: Debian's kernel in QEMU over this machine's own files, and commands run in it.

import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { Child, run } from '../../e2e/lib/child.mjs';
import { artifact, temporaryFolder } from '../../e2e/lib/folders.mjs';
import { Failure, sleep, until } from '../../e2e/lib/tap.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const guestFiles = path.join(here, '..', 'guest');
const inGuest = path.join(here, '..', 'in-guest.mjs');

export const HOST_ADDRESS = '10.204.0.1';
export const GUEST_ADDRESS = '10.204.0.2';
const TAP = 'sl-vm';

const BOOT_MODULES = ['virtio_pci_modern_dev', 'virtio_pci_legacy_dev', 'virtio_ring', 'virtio', 'virtio_pci',
                      '9pnet', '9pnet_virtio', 'netfs', 'fscache', '9p', 'overlay'];

/** KVM's device opens on machines that don't have it, and then hangs: the module must be there too. */
function accelerator() {
  const usable = ['kvm_intel', 'kvm_amd'].some((name) => existsSync(`/sys/module/${name}`)) && existsSync('/dev/kvm');
  return usable ? ['-accel', 'kvm', '-cpu', 'host'] : ['-accel', 'tcg,thread=multi', '-cpu', 'max'];
}

async function makeInitramfs(kernel, folder) {
  const tree = path.join(folder, 'initramfs');
  mkdirSync(path.join(tree, 'bin'), { recursive: true });
  for (const name of ['modules', 'dev', 'proc', 'sys'])
    mkdirSync(path.join(tree, name));
  copyFileSync('/bin/busybox', path.join(tree, 'bin', 'busybox'));
  copyFileSync(path.join(guestFiles, 'init'), path.join(tree, 'init'));
  const files = readdirSync(path.join(kernel, 'modules'), { recursive: true });
  for (const name of BOOT_MODULES) {
    const file = files.find((candidate) => path.basename(candidate) === `${name}.ko`);
    if (file) // some are built into the kernel
      copyFileSync(path.join(kernel, 'modules', file), path.join(tree, 'modules', `${name}.ko`));
  }
  const image = path.join(folder, 'initramfs.cpio');
  await run('sh', ['-c', 'cd "$0" && find . | cpio --quiet -o -H newc >"$1"', tree, image]);
  return image;
}

async function makeNetwork() {
  await run('ip', ['link', 'set', 'lo', 'up']);
  await run('ip', ['tuntap', 'add', TAP, 'mode', 'tap']);
  await run('ip', ['address', 'add', `${HOST_ADDRESS}/24`, 'dev', TAP]);
  await run('ip', ['link', 'set', TAP, 'up']);
}

export class Machine {
  #qemu;

  /** `kernel` is a folder that tests/vm/prepare made. To be called in a network namespace of our own. */
  static async boot(scope, kernel) {
    const self = new Machine();
    const folder = temporaryFolder(scope);
    self.mailbox = path.join(folder, 'mailbox');
    mkdirSync(self.mailbox);
    copyFileSync(path.join(guestFiles, 'agent'), path.join(self.mailbox, 'agent'));
    const initramfs = await makeInitramfs(kernel, folder);
    await makeNetwork();
    const append = ['console=ttyS0', 'quiet', 'panic=-1', 'mitigations=off', 'rdinit=/init',
                    `vm.address=${GUEST_ADDRESS}/24`, `vm.modules=${path.join(kernel, 'modules')}`];
    if (process.env.GST_REGISTRY)
      append.push(`vm.registry=${process.env.GST_REGISTRY}`);
    self.#qemu = new Child('qemu-system-x86_64', [
      ...accelerator(), '-machine', 'q35', '-m', '1536', '-smp', '2',
      '-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-serial', 'stdio',
      '-kernel', path.join(kernel, 'vmlinux'), '-initrd', initramfs, '-append', append.join(' '),
      '-fsdev', 'local,id=host,path=/,security_model=none,readonly=on,multidevs=remap',
      '-device', 'virtio-9p-pci,fsdev=host,mount_tag=host',
      '-fsdev', `local,id=mailbox,path=${self.mailbox},security_model=none`,
      '-device', 'virtio-9p-pci,fsdev=mailbox,mount_tag=mailbox',
      '-netdev', `tap,id=net,ifname=${TAP},script=no,downscript=no`,
      '-device', 'virtio-net-pci,netdev=net,mac=52:54:00:51:67:01',
    ]);
    scope.onFailure(() => `the machine's console: ${self.console.slice(-2000)}`);
    scope.after(() => self.powerOff());
    await until('the machine to boot', () => {
      if (self.#qemu.exit)
        throw new Failure(`QEMU ended: ${self.#qemu.stderr}`);
      return existsSync(path.join(self.mailbox, 'ready'));
    }, { timeoutMs: 180000 });
    return self;
  }

  get console() {
    return this.#qemu.stdout + this.#qemu.stderr;
  }

  /** What a command must begin with to run in the guest; `user` without any privilege instead of root. */
  prefix({ user = false } = {}) {
    return [process.execPath, inGuest, this.mailbox, ...(user ? ['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups'] : [])];
  }

  /** Runs to its end; gives { code, stdout, stderr }, whatever the code is. */
  async try(command, { user = false, env = {}, timeoutMs = 60000 } = {}) {
    const [first, ...args] = [...this.prefix({ user }), ...command];
    const child = new Child(first, args, { env: { ...process.env, ...env } });
    const timer = setTimeout(() => child.stop('SIGTERM', 3000), timeoutMs);
    const { code } = await child.ended();
    clearTimeout(timer);
    return { code, stdout: child.stdout, stderr: child.stderr };
  }

  /** Runs a shell's script as root; gives what it printed. */
  async run(script) {
    const { code, stdout, stderr } = await this.try(['sh', '-euc', script]);
    if (code !== 0)
      throw new Failure(`in the guest, "${script}" ended with ${code}: ${stderr.slice(-1000)}`);
    return stdout;
  }

  async powerOff() {
    writeFileSync(path.join(this.mailbox, 'poweroff'), '');
    await Promise.race([this.#qemu.ended(), sleep(5000)]);
    await this.#qemu.stop('SIGTERM', 1000);
    writeFileSync(artifact('vm-console.log'), this.console);
  }
}
