package synth

import "strings"

// languages are the vocabularies of a corpus.
type languages struct {
	english, chinese, japanese *vocabulary
	accented, cyrillic, arabic *vocabulary
}

func newLanguages(seed uint64) *languages {
	r := rng(mix(seed ^ 0x766f636162)) // apart from the documents' numbers
	return &languages{
		english:  newVocabulary(english.words(&r, 24000)),
		chinese:  newVocabulary(characters(&r, chineseFrequent, chineseCommon, 12000)),
		japanese: newVocabulary(characters(&r, japaneseFrequent, japaneseCommon, 12000)),
		accented: newVocabulary(accented.words(&r, 12000)),
		cyrillic: newVocabulary(cyrillic.words(&r, 12000)),
		arabic:   newVocabulary(arabic.words(&r, 8000)),
	}
}

var english = syllables{
	frequent: "the of and to in a is that for it as was with be by on not he i this are or his from at which but have an had they you were their one all we can her has there been if more when will would who so no she other its may these what them than some him time into only do such my new about out also two any up first could our then most see me should after made over must through well like good very where much people many",
	onsets:   strings.Fields("b c d f g h l m n p r s t v w br ch cl cr dr fl gr pl pr sh sl sp st str th tr qu"),
	nuclei:   strings.Fields("a e i o u a e i o ai ea ee io ou er al in on an en"),
	closing:  []string{"", "", "", "", "n", "s", "t", "d", "r", "l", "m", "ng", "ed", "ing", "ly", "tion", "ment", "ness"},
}

var accented = syllables{
	frequent: "de la el que y en un ser se no haber por con su para como estar tener le lo todo pero más hacer o poder decir este ir otro ese si me ya ver porque dar cuando él muy sin vez mucho saber qué sobre mi alguno mismo también hasta año dos querer entre así primero desde grande eso ni nos llegar pasar tiempo ella sí día uno bien poco",
	onsets:   strings.Fields("b c d f g l m n p r s t v ç ñ ll br cr tr pr gr pl ch qu j z"),
	nuclei:   strings.Fields("a e i o u á é í ó ú ü ö ä è ê ô ie ue ei au"),
	closing:  []string{"", "", "", "s", "n", "r", "l", "é", "ción", "mente", "ß", "idad"},
}

var cyrillic = syllables{
	frequent: "и в не на я быть он с что а по это она этот к но они мы весь который из у то за свой от со для же как о так его к мочь год вы человек ты сказать только или ещё один бы себя такой до время другой чтобы самый когда первый",
	onsets:   strings.Fields("б в г д ж з к л м н п р с т ф х ц ч ш щ пр ст кр тр гр вл сл"),
	nuclei:   strings.Fields("а е и о у ы ё ю я э ой ай ие"),
	closing:  []string{"", "", "", "н", "т", "м", "й", "ть", "ние", "ость", "ский", "ов"},
}

var arabic = syllables{
	frequent: "من في على أن إلى هذا التي الذي عن مع هو كان ما لا قد بعد كل هذه ذلك بين أو يكون حتى عند كما غير",
	onsets:   strings.Fields("ب ت ث ج ح خ د ر ز س ش ص ط ع غ ف ق ك ل م ن ه و ي ال"),
	nuclei:   []string{"", "ا", "و", "ي", "", "أ"},
	closing:  []string{"", "", "ة", "ات", "ين", "ون", "ها"},
}

const (
	chineseFrequent = "的 是 在 了 不 和 有 我们 这 他们 中国 一个 人 上 大 国家 发展 经济 社会 工作 进行 问题 可以 没有 时间 公司 技术 市场 文化 教育 研究"
	chineseCommon   = "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王象完设式色路记南品住告类求据程北边死张该交规万取拉格望觉术领共确传师观清今切院让识候带导争运"

	japaneseFrequent = "の は を に が と で も です ます した する ある から まで これ それ この その という として について により ため こと もの 日本 世界 時間 会社 研究 技術 情報 問題 社会"
	japaneseCommon   = "のにはをたがでてとしれさあいるもなおらかりこくよきつめえけまそわせみちんやろアイスントルラリクシカタテマメデドレロコーュッ日本人大年会国中長出三同時政事自行社見月分議後前民生連五発間対上部東者党地合市業内相方四定今回新場金員九入選立開手米力学問高代明実円関決子動京全目表戦経通外最言氏現理調体化田当八六約主題下首意法"
)
