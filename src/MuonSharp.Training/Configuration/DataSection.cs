using static MuonSharp.Training.ConfigValues;

namespace MuonSharp.Training;

/// <summary>The text to train on: keys <c>data.*</c>.</summary>
public sealed record DataSection
{
    /// <summary>A UTF-8 text: a file, a folder, a pattern, standard input, or several of them; null: the embedded corpus (<see cref="EmbeddedCorpus"/>).</summary>
    public DataFiles? File { get; init; }

    /// <summary>The text that is held out, in the same forms; null: the end of the other one.</summary>
    public DataFiles? ValidationFile { get; init; }

    /// <summary><c>character</c>, <c>byte</c>, <c>gpt2</c>, or the path of a <c>tokenizer.json</c>; see <see cref="TokenizerKinds"/>.</summary>
    public string Tokenizer { get; init; } = "character";

    /// <summary>Share of the tokens, at the end of the text, that is held out for evaluation; above 0, below 1.</summary>
    public double ValidationShare { get; init; } = 0.1;

    /// <summary><c>random</c>: windows from anywhere; <c>sequential</c>: one behind the other; <c>shuffled</c>: each once in an epoch. See <see cref="ISequenceSampler"/>.</summary>
    public string Order { get; init; } = "random";

    /// <summary>Bytes of text that are read into memory. The tokens of a larger text are encoded along the way, into files in a hidden folder <c>.muonsharp</c> beside it.</summary>
    public int LargestInMemory { get; init; } = 1 << 28;

    internal static IReadOnlyList<ConfigKey> Keys { get; } = Describe(new("data.", c => c.Data, (c, s) => c with { Data = s }));

    // The text may have moved when a run is resumed: its content is compared by its hash.
    private static ConfigKey[] Describe(ConfigSection<DataSection> section) =>
    [
        section.Key("file", new DataFilesValue(), d => d.File, (d, v) => d with { File = v },
            "a UTF-8 text: a file, a folder (the texts in it), a pattern such as `notes/*.txt`, `-` for standard input, or a list of these, joined in their order; of a pipe, which cannot be read again, the run keeps a copy; "
            + "null: the embedded corpus", free: true, also: "data dataset text input corpus"),
        section.Key("validationFile", new DataFilesValue(), d => d.ValidationFile, (d, v) => d with { ValidationFile = v },
            "the text that is held out, in the same forms; a new tokenizer knows its characters too; null: the end of the text", free: true, also: "valFile validFile testFile"),
        section.Key("tokenizer", new TokenizerValue(), d => d.Tokenizer, (d, v) => d with { Tokenizer = v },
            "what a token is: a character of the text, a byte, one of GPT-2's 50,257 tokens, or one of a file's", usedWhen: ImageSection.IsOff, also: "encoding bpe"),
        section.Key("validationShare", Number("a number above 0 and below 1", v => v is > 0 and < 1), d => d.ValidationShare, (d, v) => d with { ValidationShare = v },
            "share of the tokens, at the end, that is held out", usedWhen: new("data.validationFile", c => c.Data.ValidationFile is null), also: "valShare valSplit validationSplit testShare"),
        section.Key("order", Choice(SequenceSamplers.Names), d => d.Order, (d, v) => d with { Order = v },
            "where training sequences start: anywhere, one behind the other, or each once in an epoch, in another order each time", usedWhen: ImageSection.IsOff, also: "shuffle"),
        section.Key("largestInMemory", Whole(1), d => d.LargestInMemory, (d, v) => d with { LargestInMemory = v },
            "text up to this size is read into memory, which takes seven times as much; a larger one is encoded once, into files in a hidden folder `.muonsharp` beside it", unit: "bytes", free: true, usedWhen: ImageSection.IsOff, also: "streamAbove maxTextSize"),
    ];
}
