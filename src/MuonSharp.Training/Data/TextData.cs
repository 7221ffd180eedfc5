using System.Security.Cryptography;
using System.Text;

namespace MuonSharp.Training;

/// <summary>A text as tokens: the part to train on and the part to evaluate on, which is its end or a text of its own.</summary>
public sealed class TextData
{
    private TextData(ITokenizer tokenizer, ITokenSource training, ITokenSource validation, string source, string sha256) =>
        (Tokenizer, Training, Validation, Source, Sha256) = (tokenizer, training, validation, source, sha256);

    /// <summary>The tokenizer of the tokens.</summary>
    public ITokenizer Tokenizer { get; }

    /// <summary>Path of the text, or the embedded corpus's name.</summary>
    public string Source { get; }

    /// <summary>SHA-256 of the text as UTF-8, in lower-case hexadecimal, and of the held-out text where that is another one: what a resumed run compares.</summary>
    public string Sha256 { get; }

    /// <summary>The tokens to train on.</summary>
    public ITokenSource Training { get; }

    /// <summary>The tokens held out.</summary>
    public ITokenSource Validation { get; }

    /// <summary>What a user should know of the text, one line each: files that were left out, marks, line ends.</summary>
    public IReadOnlyList<string> Notes { get; private init; } = [];

    /// <summary>The files of the text and of the held-out text; null where there are none.</summary>
    internal (DataFiles? Training, DataFiles? Validation) Files { get; private init; }

    /// <summary>Texts as UTF-8 that cannot be read a second time, so that a run has to keep them, by the names they get.</summary>
    internal IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Unrepeatable { get; private init; } = NoFiles.Instance;

    /// <summary>Reads and splits the text that a configuration names.</summary>
    /// <param name="config">Names files, tokenizer, share and the context's length.</param>
    /// <param name="tokenizer">A run's tokenizer; null: that of <c>train.from</c>, or one is fitted to the texts, the held-out one included.</param>
    /// <exception cref="BadInputException">A text cannot be read, is too short for the context, or holds characters the tokenizer lacks.</exception>
    public static TextData Load(TrainingConfig config, ITokenizer? tokenizer = null)
    {
        if (tokenizer is null)
        {
            using WeightSource? run = WeightSource.Open(config);
            tokenizer = run?.Tokenizer;
        }

        if (config.Data.ValidationFile?.Paths.FirstOrDefault(ShardTokens.HoldsShards) is { } notText)
        {
            throw new BadInputException($"[data] {notText}: the text that is held out must be no folder of shards; those held out lie beside the others, with 'val' in their names");
        }

        if (ShardTokens.Find(config.Data.File) is { } shards)
        {
            return FromShards(config, shards.Training, shards.Validation, tokenizer);
        }

        if (LargeText.SizeOf(config.Data.File) + LargeText.SizeOf(config.Data.ValidationFile) > config.Data.LargestInMemory && config.Data.File is not null)
        {
            return FromLargeText(config, tokenizer);
        }

        JoinedText? text = config.Data.File is { } files ? JoinedText.Read(files) : null, heldOut = config.Data.ValidationFile is { } others ? JoinedText.Read(others) : null;
        string whole = text?.Text ?? EmbeddedCorpus.Read(), source = text?.Source ?? EmbeddedCorpus.Name;
        tokenizer ??= TokenizerKinds.Create(config.Data.Tokenizer, heldOut is null ? [whole] : [whole, heldOut.Text]);
        TextData data = Split(new(whole, source, text?.Sha256 ?? Hash(whole)), heldOut is null ? null : new(heldOut.Text, heldOut.Source, heldOut.Sha256), tokenizer, TextSplit.Of(config));
        Dictionary<string, ReadOnlyMemory<byte>> unrepeatable = new(StringComparer.Ordinal);
        foreach ((string name, JoinedText? joined) in new[] { (RunNames.TextCopy, text), (RunNames.ValidationCopy, heldOut) })
        {
            if (joined?.Unrepeatable is { } bytes)
            {
                unrepeatable.Add(name, bytes);
            }
        }

        return new(data.Tokenizer, data.Training, data.Validation, data.Source, data.Sha256)
        {
            Notes = [.. text?.Notes ?? [], .. heldOut?.Notes ?? []],
            Files = (text?.Files, heldOut?.Files),
            Unrepeatable = unrepeatable,
        };
    }

    // A folder of shards has its tokenizer beside them, or the one that is named; the usual shards are GPT-2's.
    private static TextData FromShards(TrainingConfig config, string[] training, string[] validation, ITokenizer? tokenizer)
    {
        string folder = config.Data.File!.Paths[0], beside = Path.Combine(folder, TokenizerFile.Name);
        if (training.Length == 0 || config.Data.ValidationFile is not null)
        {
            throw new BadInputException($"[data] {folder}: a folder of shards must hold some to train on, and those held out have 'val' in their names; {(training.Length == 0 ? "none" : "data.validationFile")} came");
        }

        tokenizer ??= File.Exists(beside) ? TokenizerFile.Load(beside) : TokenizerKinds.Open(config.Data.Tokenizer == CharacterTokenizer.KindName ? Gpt2Vocabulary.Name : config.Data.Tokenizer);
        ShardTokens all = ShardTokens.Open(training, tokenizer.VocabularySize);
        ShardTokens? heldOut = validation.Length > 0 ? ShardTokens.Open(validation, tokenizer.VocabularySize) : null;
        return OfTokens(config, "the shards", folder, tokenizer, (all, all.Identity), heldOut is null ? null : (heldOut, heldOut.Identity), [], (config.Data.File, null));
    }

    /// <summary>What <see cref="Split"/> does of a text that is read and encoded along the way.</summary>
    private static TextData FromLargeText(TrainingConfig config, ITokenizer? tokenizer)
    {
        LargeText text = LargeText.Of(config.Data.File!);
        LargeText? other = config.Data.ValidationFile is { } files ? LargeText.Of(files) : null;
        tokenizer ??= TokenizerKinds.Create(config.Data.Tokenizer, [.. new[] { text, other }.OfType<LargeText>().Select(each => each.Files)]);
        var whole = EncodedText.Open(text, tokenizer);
        EncodedText? heldOut = other is null ? null : EncodedText.Open(other, tokenizer);
        (DataFiles?, DataFiles?) found = (new([.. text.Files]), other is null ? null : new([.. other.Files]));
        return OfTokens(
            config, "the text", text.Source, tokenizer, (whole.Tokens, whole.Sha256), heldOut is null ? null : (heldOut.Tokens, heldOut.Sha256), [.. whole.Notes, .. heldOut?.Notes ?? []], found);
    }

    /// <summary>Tokens that lie on the disk: all of them to train on, or the last share held out.</summary>
    private static TextData OfTokens(
        TrainingConfig config,
        string what,
        string source,
        ITokenizer tokenizer,
        (ShardTokens Tokens, string Identity) all,
        (ShardTokens Tokens, string Identity)? heldOut,
        IReadOnlyList<string> notes,
        (DataFiles?, DataFiles?) files)
    {
        long length = all.Tokens.Length, split = heldOut is null ? (long)(length * (1 - config.Data.ValidationShare)) : length;
        ITokenSource validation = heldOut?.Tokens ?? (ITokenSource)new TokenRange(all.Tokens, split, length - split);
        return split >= config.Model.Context + 1 && (validation.Length >= 2 || config.Evaluate.Every is null)
            ? new(tokenizer, new TokenRange(all.Tokens, 0, split), validation, source, heldOut is { } other ? $"{all.Identity}, held out {other.Identity}" : all.Identity) { Notes = notes, Files = files }
            : throw new BadInputException($"[data] {source}: {what} must hold model.context + 1 = {config.Model.Context + 1} tokens to train on and 2 held out; {split} and {validation.Length} came");
    }

    /// <summary>Splits a text that is already in memory.</summary>
    /// <param name="text">The text.</param>
    /// <param name="source">What messages call it.</param>
    /// <param name="config">Names tokenizer, share and the context's length.</param>
    /// <param name="tokenizer">A run's tokenizer; null: one is fitted to the text.</param>
    /// <exception cref="BadInputException">The text is too short for the context, or holds characters the tokenizer lacks.</exception>
    public static TextData FromText(string text, string source, TrainingConfig config, ITokenizer? tokenizer = null) =>
        FromText(text, source, tokenizer ?? TokenizerKinds.Create(config.Data.Tokenizer, text), TextSplit.Of(config));

    /// <summary>Splits a text that is already in memory.</summary>
    internal static TextData FromText(string text, string source, ITokenizer tokenizer, TextSplit shares) =>
        Split(new(text, source, Hash(text)), heldOut: null, tokenizer, shares);

    private static TextData Split(NamedText text, NamedText? heldOut, ITokenizer tokenizer, TextSplit shares)
    {
        int[] tokens = tokenizer.Encode(text.Text, text.Source);
        int split = heldOut is null ? (int)(tokens.Length * (1 - shares.ValidationShare)) : tokens.Length;
        if (split < shares.Context + 1)
        {
            throw new BadInputException(
                $"[data] {text.Source}: the training part must hold model.context + 1 = {shares.Context + 1} tokens; "
                + $"{split} of the text's {tokens.Length} came");
        }

        MemoryTokens all = new(tokens, text.Sha256);
        if (heldOut is { } other)
        {
            MemoryTokens validation = new(tokenizer.Encode(other.Text, other.Source), other.Sha256);
            return Need(validation.Length, validation.Length, other.Source) ?? new TextData(tokenizer, all, validation, text.Source, $"{text.Sha256}, held out {other.Sha256}");
        }

        return Need(tokens.Length - split, tokens.Length, text.Source)
            ?? new TextData(tokenizer, new TokenRange(all, 0, split), new TokenRange(all, split, tokens.Length - split), text.Source, text.Sha256);

        TextData? Need(long count, long whole, string source) => !shares.NeedsValidation || count >= 2 ? null
            : throw new BadInputException($"[data] {source}: the validation part must hold 2 tokens; {count} of {whole} came");
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private readonly record struct NamedText(string Text, string Source, string Sha256);
}

/// <summary>How a text is split into what is trained on and what is held out.</summary>
/// <param name="Context">Length of a sequence: the training part holds one more token at least.</param>
/// <param name="ValidationShare">Share of the tokens, at the end, that is held out.</param>
/// <param name="NeedsValidation">Whether the held-out part must be one that can be evaluated.</param>
internal readonly record struct TextSplit(int Context, double ValidationShare, bool NeedsValidation)
{
    public static TextSplit Of(TrainingConfig config) => new(config.Model.Context, config.Data.ValidationShare, NeedsValidation: config.Evaluate.Every is not null);
}
