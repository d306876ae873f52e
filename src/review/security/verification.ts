import { SCRIPTS, type LanguageName } from '../read/language.ts';
import { givenTo } from '../read/flow.ts';
import { sourcesOf, type Hit, type LineRule, type Rule } from '../rules.ts';
import { sinkRules } from './sinks.ts';
import { unheededRules } from './unheeded.ts';

const JVM: readonly LanguageName[] = ['java', 'kotlin'];

/** What happens only under a condition is an option that somebody must choose. */
const lowIfOptional: LineRule['severityAt'] = (line, source) =>
  source.blocks().around(line.number)[0]?.kind === 'condition' ? 'low' : undefined;

const tls = sinkRules(
  {
    id: 'security/verification-off',
    severity: 'high',
    remedy: 'Leave certificate and signature checks on; trust a private authority by name instead.',
  },
  [
    {
      languages: SCRIPTS,
      pattern:
        /\brejectUnauthorized['"\]]*\s*[:=]\s*(?:false\b|!1\b|0\b)|\bstrictSSL\s*:\s*false\b|\bcheckServerIdentity\s*[:=]\s*(?:(?:\(\)|\w+|\(\w*(?:,\s*\w+)*\))\s*=>\s*(?:undefined|null|void 0|\{\s*\}|true)|function\s*\w*\([^)]*\)\s*\{\s*(?:return(?: undefined| null| true)?;?\s*)?\})|\binsecureSkip\w*\s*:\s*true/i,
      message: 'Certificates are not checked',
    },
    {
      languages: 'all',
      roles: ['product', 'script', 'data'],
      view: 'text',
      pattern:
        /NODE_TLS_REJECT_UNAUTHORIZED['"\]]*\s*[:=, ]\s*['"]?0|\bPYTHONHTTPSVERIFY['"\]]*\s*[:=, ]\s*['"]?0|\bGIT_SSL_NO_VERIFY['"\]]*\s*[:=, ]\s*['"]?(?:1|true)|\b(?:PIP|UV)_TRUSTED_HOST\s*[:= ]\s*\S|\bUV_INSECURE_HOST\s*[:= ]\s*\S|\bhttp\.sslVerify\s*[= ]\s*['"]?false|\bstrict-ssl\s*[= ]\s*false|\b(?:NPM_CONFIG|npm_config|YARN_ENABLE|PNPM_CONFIG)_(?:STRICT_SSL|strict_ssl)['"]?\s*[:= ]\s*['"]?(?:false|0)|\b(?:CARGO_HTTP_CHECK_REVOKE|CONDA_SSL_VERIFY|HELM_TLS_VERIFY|COMPOSER_SECURE_HTTP)['"]?\s*[:= ]\s*['"]?(?:false|0)|\bGONOSUMCHECK\s*=|\bGOFLAGS=-insecure/,
      message: 'Certificates are not checked',
    },
    {
      languages: ['python'],
      pattern:
        /\bverify\s*=\s*False\b|\bssl\._create_unverified_context|\bCERT_NONE\b|\bcheck_hostname\s*=\s*False\b|\bcert_reqs\s*=\s*['"]?CERT_NONE|\bverify_ssl\s*=\s*False\b|\bssl\s*=\s*False\b(?=.*session\.|.*aiohttp)/,
      severityAt: lowIfOptional,
      unless: (line) => /\bdef\b|if |==| is /.test(line.code),
      message: 'Certificates are not checked',
    },
    {
      languages: 'all',
      view: 'text',
      pattern:
        /\b(?:CURLOPT_)?SSL_VERIFY(?:PEER|HOST)\b['")\]]*\s*(?:,|=>|[=:])\s*(?:0L?|false)\b|\btls_?Allow_?Invalid_?(?:Certificates|Hostnames)['"]?\s*[=:]\s*true\b|\b(?:verify_certs|ssl_verify|tls_verify|verify_tls|validate_certs|ssl_assert_hostname)['"]?\s*[=:]\s*False\b|\bOPT_X_TLS_REQUIRE_CERT\s*,\s*(?:\w+\.)?OPT_X_TLS_(?:NEVER|ALLOW)\b|\bTCPConnector\([^)]*\bssl\s*=\s*False\b/i,
      severityAt: lowIfOptional,
      unless: ({ code }, source) => !source.language.programs || source.language.name === 'php' || /\bdef\b/.test(code),
      message: 'Certificates are not checked: `$&`',
    },
    {
      languages: ['python'],
      pattern:
        /\bset_missing_host_key_policy\(\s*(?:paramiko\.)?(?:AutoAddPolicy|WarningPolicy)\b|\bknown_hosts\s*=\s*None\b/,
      message: 'The other side is not checked',
    },
    {
      languages: ['go'],
      pattern: /\bInsecureSkipVerify:?\s*[:=]\s*true\b|\bssh\.InsecureIgnoreHostKey\(\)/,
      message: 'The other side is not checked',
    },
    {
      languages: JVM,
      pattern:
        /\bALLOW_ALL_HOSTNAME_VERIFIER\b|\bNoopHostnameVerifier\b|\bTrustAll\w*|[hH]ostnameVerifier\(\s*\(\s*\w+\s*,\s*\w+\s*\)\s*->\s*true|\bcheckServerTrusted\([^)]*\)\s*(?:throws \w+\s*)?\{\s*\}/,
      message: 'Certificates are not checked',
    },
    {
      languages: ['rust'],
      pattern:
        /\bdanger_accept_invalid_(?:certs|hostnames)\(\s*(?!false)|\bSslVerifyMode::NONE\b|set_verify\(SslVerifyMode::NONE/,
      message: 'Certificates are not checked',
    },
    {
      languages: ['csharp'],
      pattern:
        /ServerCertificate(?:Custom)?ValidationCallback\s*\+?=\s*.*=>\s*(?:true|\{\s*return true)|DangerousAcceptAnyServerCertificateValidator/,
      message: 'Certificates are not checked',
    },
    {
      languages: ['php'],
      view: 'text',
      pattern: /CURLOPT_SSL_VERIFY(?:PEER|HOST)\s*(?:,|=>)\s*(?:false|0)|['"]verify_peer(?:_name)?['"]\s*=>\s*false/i,
      message: 'Certificates are not checked',
    },
    { languages: ['ruby'], pattern: /OpenSSL::SSL::VERIFY_NONE/, message: 'Certificates are not checked' },
    {
      languages: ['shell', 'dockerfile', 'yaml'],
      roles: ['product', 'script', 'data'],
      pattern:
        /\bcurl\b[^|;&]*\s(?:-[a-zA-Z]*k[a-zA-Z]*|--insecure)(?=\s|$)|\bwget\b[^|;&]*--no-check-certificate|\b(?:apt-get|apt)\b.*--(?:allow-unauthenticated|force-yes)|\bpip\b.*--trusted-host|StrictHostKeyChecking[= ]no\b|\bgpg\b.*--no-verify/,
      severity: 'medium',
      message: 'The other side is not checked: `$&`',
    },
    {
      languages: ['go', 'java', 'kotlin', 'rust', 'csharp'],
      pattern:
        /\.ParseUnverified\(|\bUnsafeClaimsWithoutVerification\(|\bjwt\.WithVerify\(\s*false|\.parseClaimsJwt\(|\b(?:dangerous_)?insecure_decode\b|\bdangerous_unsafe_decode\b|\.insecure_disable_signature_validation\(|\bRequireSignedTokens\s*=\s*false|\bValidateIssuerSigningKey\s*=\s*false/,
      unless: (line) => /^\s*(?:use|import)\b/.test(line.code),
      message: 'Signatures of tokens are not checked',
    },
    {
      languages: [...SCRIPTS, 'python'],
      view: 'text',
      pattern:
        /\balgorithms?['"]?\s*[:=]\s*\[?\s*['"]none['"]|verify_signature['"]?\s*[:=]\s*False|\bignoreExpiration\s*:\s*true|\bjwt\.decode\([^)]*\bverify\s*=\s*False/i,
      message: 'Signatures of tokens are not checked',
    },
  ],
);

const comparison = sinkRules(
  {
    id: 'security/verification-off',
    severity: 'medium',
    remedy: 'Compare with timingSafeEqual, compare_digest, ConstantTimeCompare or isEqual.',
  },
  [
    {
      languages: [...SCRIPTS, 'python', 'go', 'java', 'php', 'ruby'],
      pattern:
        /\b(?:\w*(?:[sS]ignature|[hH]mac|[dD]igest|expected\w*|computed\w*|\b[mM]ac|\b[sS]ig))\s*(?:[!=]==?)\s*\w*(?:[sS]ignature|[hH]mac|[dD]igest|expected|computed|given|received|\bmac|\bsig)\w*\b|\bhmac\.\w+\([^)]*\)\.(?:hex)?digest\(\)\s*==/,
      unless: (_line, source) => !/createHmac|\bhmac\b|Mac\.getInstance|hash_hmac|OpenSSL::HMAC/.test(source.text),
      message: 'A signature is compared in a time that tells how much of it is right',
    },
  ],
);

const KEPT = String.raw`[\w$.]*(?:token|secret|api_?key|passw(?:or)?d|signature)\w*(?:\[['"·\w]+\])?`;
const GIVEN = String.raw`[\w$.]*\b(?:headers?|cookies|query|body|args|form|META|params)\b[\w$.]*(?:\[[^\]]*\]|\([^()]*\))?`;

const plainly = sinkRules(
  {
    id: 'security/verification-off',
    severity: 'low',
    remedy: 'Compare with timingSafeEqual, compare_digest, ConstantTimeCompare or isEqual.',
  },
  [
    {
      languages: [...SCRIPTS, 'python', 'go', 'java', 'php', 'ruby'],
      roles: ['product'],
      pattern: new RegExp(String.raw`(?<![\w$.])(?:${GIVEN}\s*[!=]==?\s*${KEPT}|${KEPT}\s*[!=]==?\s*${GIVEN})`, 'i'),
      message: 'A secret is compared in a time that tells how much of it is right: `$&`',
    },
  ],
);

/** A name that holds a signature is compared with `==`. */
const signature: Rule = {
  id: 'security/verification-off',
  severity: 'medium',
  remedy: 'Compare with timingSafeEqual, compare_digest, hmac.Equal or MessageDigest.isEqual.',
  languages: [...SCRIPTS, 'python', 'go', 'java'],
  *find(reading) {
    for (const source of sourcesOf(reading, [...SCRIPTS, 'python', 'go', 'java'], ['product', 'script'])) {
      if (!/hmac|Mac\.getInstance/i.test(source.text)) continue;
      for (const line of source.added) {
        const sides =
          /(?<![\w.$])(\w+)\s*[!=]==?\s*(\w+)(?![\w.(])/.exec(line.code) ??
          /\b(?:bytes\.Equal|Arrays\.equals)\(\s*(\w+)\s*,\s*(\w+)\s*\)|(?<![\w.])(\w+)\.equals\(\s*(\w+)\s*\)/.exec(
            line.code,
          );
        const names = (sides?.slice(1) ?? []).filter((name) => name !== undefined);
        const place = { line: line.number, source };
        if (names.some((name) => SIGNED.test(givenTo(name, place)?.code ?? '')) && !source.isTestLine(line.number))
          yield {
            file: source.path,
            line: line.number,
            message: 'A signature is compared in a time that tells how much of it is right',
          } satisfies Hit;
      }
    }
  },
};

const SIGNED = /\bcreateHmac\(|\bhmac\.(?:new|digest)\(|\bhmac\b.*\.hexdigest\(\)|\bmac\.Sum\(|\.doFinal\(/i;

/** A trust manager whose check of the server does nothing. */
const trusting: Rule = {
  id: 'security/verification-off',
  severity: 'high',
  remedy: 'Leave certificate and signature checks on; trust a private authority by name instead.',
  languages: JVM,
  *find(reading) {
    for (const source of sourcesOf(reading, JVM, ['product', 'script']))
      for (const block of source.blocks().all) {
        if (
          !/\bcheckServerTrusted\(|\bboolean verify\(\s*String \w+, SSLSession/.test(block.header) ||
          !source.isAdded(block.start)
        )
          continue;
        const body = source.lines
          .slice(block.open, block.end)
          .map(({ code }) => code.trim())
          .join('');
        if (/^(?:return(?: true)?;)?\}$/.test(body))
          yield { file: source.path, line: block.start, message: 'Certificates are not checked' } satisfies Hit;
      }
  },
};

/** Certificates, hosts and signatures that are not checked, or not with care. */
export const verificationRules: readonly Rule[] = [
  ...tls,
  trusting,
  ...comparison,
  ...plainly,
  signature,
  ...unheededRules,
];
