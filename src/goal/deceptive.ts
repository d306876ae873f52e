/** Embeddings, overrides and isolates: they show a reviewer other code than the compiler reads (Trojan Source, CVE-2021-42574). */
const BIDI = /[\u202a-\u202e\u2066-\u2069]/u;
/** Marks of direction have their place beside letters that are written from right to left. */
const BIDI_MARK = /[\u200e\u200f\u061c]/u;
const RIGHT_TO_LEFT = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
const UNSEEN = /[\u200b\u2060-\u2064\u206a-\u206f\u{e0000}-\u{e007f}\u{1d173}-\u{1d17a}\u3164\uffa0\u115f\u1160]/u;
/** A joiner inside a Latin word is not seen; many other scripts need it, and so do emoji. */
const JOINED_LATIN = /[\p{Script=Latin}\d_$][\u200c\u200d]|[\u200c\u200d][\p{Script=Latin}\d_$]/u;

const WORD = /[\p{L}\p{M}\p{N}_$]+/gu;
const LATIN = /[A-Za-z]/;
/** Letters of other scripts that are drawn like Latin ones: Unicode TR 39, reduced to what occurs in fonts for code. */
const LOOKS_LATIN =
  /[аеорсухіјѕһԁԛԝҮАВЕЅІЈКМНОРСТХУՏօոսքցհⲟοѵνіιΑΒΕΖΗΙΚΜΝΟΡΤΥΧϲϳᎪᏴᏟᎬᏀᎻᎫᏦᏞᎷᏢᏒᏚᎢᏙᎳᏃ\u{1d400}-\u{1d7ff}Ａ-Ｚａ-ｚⅠ-ⅿ]/u;

/** What a line of code hides from the person who reads it, in a few words; undefined if nothing. `isFirst`: it may begin with a byte order mark. */
export function findDeception(line: string, isFirst = false): string | undefined {
  const text = isFirst ? line.replace(/^\ufeff/, '') : line;
  if (BIDI.test(text) || (BIDI_MARK.test(text) && !RIGHT_TO_LEFT.test(text)))
    return 'a bidirectional control character';
  if (UNSEEN.test(text.replaceAll(EMOJI, '')) || text.includes('\ufeff') || JOINED_LATIN.test(text))
    return 'an invisible character';
  const mixed = text.match(WORD)?.find((word) => LATIN.test(word) && LOOKS_LATIN.test(word));
  return mixed && `letters of two scripts that look alike in one word`;
}

/** Flags of regions are spelt in tag characters. */
const EMOJI = /\p{RGI_Emoji}/gv;
