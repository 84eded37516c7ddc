package ftfy

import "sync"

// encoding is one of a byte for a code point that UTF-8 may have been read in.
type encoding struct {
	upper string // what the bytes from 0x80 on are
	// sloppy encodings are those of Windows: bytes without a meaning are the
	// C1 controls of their number, and 0x1A is U+FFFD, which stands for a byte
	// that was lost.
	sloppy bool
	// spaces says that a plain space in it may have been a no-break one; in
	// Mac Roman that is more often a dash and a space.
	spaces bool
}

// encodings are in the order in which they are tried.
var encodings = [...]encoding{
	{ // latin-1
		upper: "\u0080\u0081\u0082\u0083\u0084\u0085\u0086\u0087\u0088\u0089\u008a\u008b\u008c" +
			"\u008d\u008e\u008f\u0090\u0091\u0092\u0093\u0094\u0095\u0096\u0097\u0098\u0099" +
			"\u009a\u009b\u009c\u009d\u009e\u009f\u00a0¡¢£¤¥¦§¨©ª«¬\u00ad®¯°±²³´µ¶·¸¹º»¼½¾¿" +
			"ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõö÷øùúûüýþÿ",
		spaces: true,
	},
	{ // windows-1252
		upper: "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ\u00a0¡¢£¤¥¦§¨©ª«¬\u00ad" +
			"®¯°±²³´µ¶·¸¹º»¼½¾¿ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõö÷øùúû" +
			"üýþÿ",
		sloppy: true,
		spaces: true,
	},
	{ // windows-1251
		upper: "ЂЃ‚ѓ„…†‡€‰Љ‹ЊЌЋЏђ‘’“”•–—\u0098™љ›њќћџ\u00a0ЎўЈ¤Ґ¦§Ё©Є«¬\u00ad®Ї°±Ііґµ¶·ё№є»јЅѕ" +
			"їАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдежзийклмнопрстуфхцчшщъыьэюя",
		sloppy: true,
		spaces: true,
	},
	{ // windows-1250
		upper: "€\u0081‚\u0083„…†‡\u0088‰Š‹ŚŤŽŹ\u0090‘’“”•–—\u0098™š›śťžź\u00a0ˇ˘Ł¤Ą¦§¨©Ş«¬\u00ad" +
			"®Ż°±˛ł´µ¶·¸ąş»Ľ˝ľżŔÁÂĂÄĹĆÇČÉĘËĚÍÎĎĐŃŇÓÔŐÖ×ŘŮÚŰÜÝŢßŕáâăäĺćçčéęëěíîďđńňóôőö÷řůúű" +
			"üýţ˙",
		sloppy: true,
		spaces: true,
	},
	{ // windows-1253
		upper: "€\u0081‚ƒ„…†‡\u0088‰\u008a‹\u008c\u008d\u008e\u008f\u0090‘’“”•–—\u0098™\u009a›" +
			"\u009c\u009d\u009e\u009f\u00a0΅Ά£¤¥¦§¨©ª«¬\u00ad®―°±²³΄µ¶·ΈΉΊ»Ό½ΎΏΐΑΒΓΔΕΖΗΘΙΚΛ" +
			"ΜΝΞΟΠΡÒΣΤΥΦΧΨΩΪΫάέήίΰαβγδεζηθικλμνξοπρςστυφχψωϊϋόύώÿ",
		sloppy: true,
		spaces: true,
	},
	{ // windows-1254
		upper: "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008d\u008e\u008f\u0090‘’“”•–—˜™š›œ\u009d\u009eŸ\u00a0¡¢£¤¥" +
			"¦§¨©ª«¬\u00ad®¯°±²³´µ¶·¸¹º»¼½¾¿ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏĞÑÒÓÔÕÖ×ØÙÚÛÜİŞßàáâãäåæçèéêëìíî" +
			"ïğñòóôõö÷øùúûüışÿ",
		sloppy: true,
		spaces: true,
	},
	{ // windows-1257
		upper: "€\u0081‚\u0083„…†‡\u0088‰\u008a‹\u008c¨ˇ¸\u0090‘’“”•–—\u0098™\u009a›\u009c¯˛\u009f" +
			"\u00a0¡¢£¤¥¦§Ø©Ŗ«¬\u00ad®Æ°±²³´µ¶·ø¹ŗ»¼½¾æĄĮĀĆÄÅĘĒČÉŹĖĢĶĪĻŠŃŅÓŌÕÖ×ŲŁŚŪÜŻŽßąįāć" +
			"äåęēčéźėģķīļšńņóōõö÷ųłśūüżž˙",
		sloppy: true,
		spaces: true,
	},
	{ // iso-8859-2
		upper: "\u0080\u0081\u0082\u0083\u0084\u0085\u0086\u0087\u0088\u0089\u008a\u008b\u008c" +
			"\u008d\u008e\u008f\u0090\u0091\u0092\u0093\u0094\u0095\u0096\u0097\u0098\u0099" +
			"\u009a\u009b\u009c\u009d\u009e\u009f\u00a0Ą˘Ł¤ĽŚ§¨ŠŞŤŹ\u00adŽŻ°ą˛ł´ľśˇ¸šşťź˝žż" +
			"ŔÁÂĂÄĹĆÇČÉĘËĚÍÎĎĐŃŇÓÔŐÖ×ŘŮÚŰÜÝŢßŕáâăäĺćçčéęëěíîďđńňóôőö÷řůúűüýţ˙",
		spaces: true,
	},
	{ // macroman
		upper: "ÄÅÇÉÑÖÜáàâäãåçéèêëíìîïñóòôöõúùûü†°¢£§•¶ß®©™´¨≠ÆØ∞±≤≥¥µ∂∑∏π∫ªºΩæø¿¡¬√ƒ≈∆«»…\u00a0" +
			"ÀÃÕŒœ–—“”‘’÷◊ÿŸ⁄€‹›ﬁﬂ‡·‚„‰ÂÊÁËÈÍÎÏÌÓÔ\uf8ffÒÚÛÙıˆ˜¯˘˙˚¸˝˛ˇ",
	},
	{ // cp437
		upper: "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═" +
			"╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0",
		spaces: true,
	},
}

const (
	latin1 = 0 // an index of encodings
	cp1252 = 1
)

// The places that a code point may have in the UTF-8 of another once its bytes
// were read in one of the encodings.
const (
	firstOfTwo = 1 << iota
	firstOfThree
	firstOfFour
	continuation
	strictContinuation // and isn't common otherwise
)

// clues are what the places are known by; a space is a continuation too.
var clues = [...]string{
	"ÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞßĀĂĆČĎĐĒĖĘĚĞĢĪİĶĹĻŁŃŅŇŌŐŘŚŞŠŢŪŮŰŲŹŻŽΒΓΔΕΖΗΘΙΚΛΜΝΞ" +
		"ΟΠΡΣΤΥΦΧΨΩΪΫάέήίВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ",
	"àáâãäåæçèéêëìíîïāăąćčďēėęěģīįķĺļŕźΰαβγδεζηθικλμνξοабвгдежзийклмноп",
	"ðóđğšπσру",
	"–—―‘’‚“”„•…",
	"\u0080\u0081\u0082\u0083\u0084\u0085\u0086\u0087\u0088\u0089\u008a\u008b\u008c" +
		"\u008d\u008e\u008f\u0090\u0091\u0092\u0093\u0094\u0095\u0096\u0097\u0098\u0099" +
		"\u009a\u009b\u009c\u009d\u009e\u009f\u00a0¡¢£¤¥¦§¨©ª«¬\u00ad®¯°±²³´µ¶·¸¹º»¼½¾¿" +
		"ÆØæøĄąĽľŁłŒœŖŗŚśŞşŠšŤťŸŹźŻżŽžƒˆˇ˘˛˜˝΄΅ΆΈΉΊΌΎΏЁЂЃЄЅІЇЈЉЊЋЌЎЏёђѓєѕіїјљњћќўџҐґ†‡‰" +
		"‹›€№™",
}

// place is what is known of a code point.
type place struct {
	clues uint8
	in    uint16                // a bit for each encoding that has it
	code  [len(encodings)]uint8 // the byte that it is there
}

// places has those of the code points that are in an encoding or a clue, but
// for the ASCII ones.
var places = sync.OnceValue(func() map[rune]place {
	m := map[rune]place{}
	for e, enc := range encodings {
		set := func(r rune, code uint8) {
			p := m[r]
			p.in |= 1 << e
			p.code[e] = code
			m[r] = p
		}
		code := uint8(0x80)
		for _, r := range enc.upper {
			set(r, code)
			code++
		}
		if enc.sloppy {
			set('\uFFFD', substitute)
		} else {
			set(substitute, substitute)
		}
	}
	for k, clue := range clues {
		for _, r := range clue {
			p := m[r]
			p.clues |= 1 << k
			if 1<<k == strictContinuation {
				p.clues |= continuation
			}
			m[r] = p
		}
	}
	return m
})

// substitute is the byte that U+FFFD is in the sloppy encodings, and the only
// one of ASCII that isn't itself there.
const substitute = 0x1A

// windows1252 is what the bytes from 0x80 on are in Windows-1252.
var windows1252 = sync.OnceValue(func() []rune { return []rune(encodings[cp1252].upper) })

// placeOf returns what is known of r.
func placeOf(table map[rune]place, r rune) place {
	if r >= 0x80 || r == substitute {
		return table[r]
	}
	p := place{in: 1<<len(encodings) - 1}
	if r == ' ' {
		p.clues = continuation
	}
	for e := range p.code {
		p.code[e] = uint8(r)
	}
	return p
}
