import { LOG_LEVELS } from '../log.ts'
import type { Field } from './fields.ts'

/** Port of the page and the API when nothing else is said. */
export const API_PORT_DEFAULT = 7_100

/** The settings of `parley daemon` and `parley start`. */
export const daemonFields: readonly Field[] = [
  {
    key: 'data',
    kind: 'folder',
    default: '~/.parley',
    placeholder: 'DIR',
    isInFile: false,
    help: 'Folder with your keys and messages. One node at a time may use it.',
  },
  {
    key: 'apiPort',
    kind: 'port',
    default: API_PORT_DEFAULT,
    placeholder: 'N',
    help: 'Port of the page and the API on 127.0.0.1; 0 lets the system choose.',
  },
  {
    key: 'reach',
    kind: 'choice',
    choices: ['computer', 'network', 'anyone'],
    placeholder: 'computer|network|anyone',
    help:
      'Who may reach this node: programs of this computer, your local network, or anyone who has an address of it; for ' +
      'anyone the router is asked for a port. As chosen in the page by default, and this computer until then.',
  },
  {
    key: 'listen',
    kind: 'list',
    default: [],
    placeholder: 'MULTIADDR',
    help:
      'Exactly where other nodes can reach this one, several times if wanted, instead of --reach; /ip4/0.0.0.0/tcp/4100 ' +
      'for example. A port of 0 is chosen once and kept.',
  },
  {
    key: 'announce',
    kind: 'list',
    default: [],
    placeholder: 'MULTIADDR',
    help: 'Addresses to give to others instead of what the node listens on, for example behind a router.',
  },
  {
    key: 'bootstrap',
    kind: 'list',
    default: [],
    placeholder: 'MULTIADDR',
    help: 'Push nodes to stay connected to, each ending in /p2p/ and its peer id.',
  },
  {
    key: 'directPaths',
    kind: 'choice',
    default: 'auto',
    choices: ['auto', 'on', 'off'],
    placeholder: 'auto|on|off',
    help:
      'Whether to look for direct paths between your router and those of contacts who are reached through a push node ' +
      'so far. They learn your addresses then. auto: when anyone may reach you.',
  },
  {
    key: 'storage',
    kind: 'choice',
    default: 'self-hosted',
    choices: ['none', 'self-hosted', 'dropbox', 's3', 'pinning'],
    placeholder: 'none|self-hosted|dropbox|s3|pinning',
    help:
      'Where messages wait for people who are away, besides push nodes: in a folder of this machine that is served over ' +
      'IPFS while it runs, in your Dropbox, an S3 bucket, or at an IPFS pinning service. All of it is sealed.',
  },
  {
    key: 'storageFile',
    kind: 'file',
    placeholder: 'FILE',
    help: 'JSON file, readable by you alone, with the address and keys of dropbox, s3 or pinning storage.',
  },
  {
    key: 'fetchFrom',
    kind: 'list',
    default: [],
    placeholder: 'ORIGIN',
    help:
      'Places from which messages of others may be fetched by HTTPS, like https://*.dropboxusercontent.com. None by ' +
      'default: whoever runs such a place sees your address.',
  },
  {
    key: 'tor',
    kind: 'switch',
    default: false,
    help:
      'Connect through Tor and through nothing else, and be reachable at an onion address. Best for an account that ' +
      'never ran without it.',
  },
  {
    key: 'torSocks',
    kind: 'text',
    default: '127.0.0.1:9050',
    placeholder: 'IP:PORT',
    help: 'SOCKS port of the Tor on this machine, with --tor.',
  },
  {
    key: 'torControl',
    kind: 'text',
    default: '127.0.0.1:9051',
    placeholder: 'IP:PORT',
    help: 'Control port of the Tor on this machine, with --tor: there the onion address is set up.',
  },
  {
    key: 'torControlPasswordFile',
    kind: 'file',
    placeholder: 'FILE',
    help: "File whose first line is the password of Tor's control port. Without it Tor's cookie file is used.",
  },
  {
    key: 'openbazaarApi',
    kind: 'text',
    placeholder: 'HOST:PORT',
    help:
      'Where clients of OpenBazaar 2.0 find this node, like 127.0.0.1:4002. Off by default. They use the cookie in ' +
      'openbazaar.cookie of the data folder, or a password.',
  },
  {
    key: 'openbazaarUser',
    kind: 'text',
    default: 'openbazaar',
    placeholder: 'NAME',
    help: 'The name that goes with the password of --openbazaar-api.',
  },
  {
    key: 'openbazaarPasswordFile',
    kind: 'file',
    placeholder: 'FILE',
    help: 'File whose first line opens --openbazaar-api. Needed for a HOST that others can reach.',
  },
  {
    key: 'openbazaarOrigin',
    kind: 'list',
    default: [],
    placeholder: 'ORIGIN',
    help: 'Pages that may use --openbazaar-api from a browser, like http://localhost:9090 or file://. None by default.',
  },
  {
    key: 'name',
    kind: 'text',
    placeholder: 'NAME',
    help: 'What a new account calls itself. Later, change it in the page.',
  },
  {
    key: 'passphraseFile',
    kind: 'file',
    placeholder: 'FILE',
    help: 'File whose first line opens sealed keys. Without it a sealed node starts locked and the page asks.',
  },
  {
    key: 'open',
    kind: 'switch',
    default: false,
    isInFile: false,
    help: 'Open the page in the browser once ready.',
  },
  {
    key: 'json',
    kind: 'switch',
    default: false,
    isInFile: false,
    help: 'Print one JSON line when ready, and the log as JSON lines.',
  },
  {
    key: 'logLevel',
    kind: 'choice',
    default: 'info',
    choices: LOG_LEVELS,
    placeholder: LOG_LEVELS.join('|'),
    help: 'The least important lines of the log to show.',
  },
]
