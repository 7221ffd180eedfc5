using System.Security.Cryptography;
using System.Text;

namespace MuonSharp.Training;

/// <summary>A text as tokens, split into the part to train on and, at its end, the part to evaluate on.</summary>
public sealed class TextData
{
    private TextData(ITokenizer tokenizer, ITokenSource tokens, long split, string source)
    {
        (Tokenizer, Source, Sha256) = (tokenizer, source, tokens.Identity);
        (Training, Validation) = (new TokenRange(tokens, 0, split), new TokenRange(tokens, split, tokens.Length - split));
    }

    private TextData(TextData data, byte[] unrepeatable)
    {
        (Tokenizer, Training, Validation, Source, Sha256) = (data.Tokenizer, data.Training, data.Validation, data.Source, data.Sha256);
        Unrepeatable = unrepeatable;
    }

    /// <summary>The tokenizer of the tokens.</summary>
    public ITokenizer Tokenizer { get; }

    /// <summary>Path of the text, or the embedded corpus's name.</summary>
    public string Source { get; }

    /// <summary>SHA-256 of the text as UTF-8, in lower-case hexadecimal: what a resumed run compares.</summary>
    public string Sha256 { get; }

    /// <summary>The text as UTF-8 where it cannot be read a second time, so that a run has to keep it; else null.</summary>
    internal byte[]? Unrepeatable { get; }

    /// <summary>The tokens to train on.</summary>
    public ITokenSource Training { get; }

    /// <summary>The tokens held out.</summary>
    public ITokenSource Validation { get; }

    /// <summary>Reads and splits the text that a configuration names.</summary>
    /// <param name="config">Names file, tokenizer, share and the context's length.</param>
    /// <param name="tokenizer">A run's tokenizer; null: that of <c>train.from</c>, or one is fitted to the text.</param>
    /// <exception cref="BadInputException">The text cannot be read, or is too short for the context.</exception>
    public static TextData Load(TrainingConfig config, ITokenizer? tokenizer = null)
    {
        string source = config.Data.File ?? EmbeddedCorpus.Name;
        if (tokenizer is null)
        {
            using SourceRun? run = SourceRun.Open(config);
            tokenizer = run?.Tokenizer;
        }

        if (config.Data.File is not { } file)
        {
            return FromText(EmbeddedCorpus.Read(), source, config, tokenizer);
        }

        byte[] utf8 = InputFile.ReadAll("data", file, out bool again);
        TextData data = FromText(TextFile.Decode(utf8, file), source, config, tokenizer);
        return again ? data : new TextData(data, utf8);
    }

    /// <summary>Splits a text that is already in memory.</summary>
    /// <param name="text">The text.</param>
    /// <param name="source">What messages call it.</param>
    /// <param name="config">Names tokenizer, share and the context's length.</param>
    /// <param name="tokenizer">A run's tokenizer; null: one is fitted to the text.</param>
    /// <exception cref="BadInputException">The text is too short for the context, or holds characters the tokenizer lacks.</exception>
    public static TextData FromText(string text, string source, TrainingConfig config, ITokenizer? tokenizer = null) => FromText(
        text,
        source,
        tokenizer ?? TokenizerKinds.Create(config.Data.Tokenizer, text),
        new TextSplit(config.Model.Context, config.Data.ValidationShare, NeedsValidation: config.Evaluate.Every is not null));

    /// <summary>Splits a text that is already in memory.</summary>
    internal static TextData FromText(string text, string source, ITokenizer tokenizer, TextSplit shares)
    {
        int[] tokens = tokenizer.Encode(text);
        int split = (int)(tokens.Length * (1 - shares.ValidationShare));
        if (split < shares.Context + 1)
        {
            throw new BadInputException(
                $"[data] {source}: the training part must hold model.context + 1 = {shares.Context + 1} tokens; "
                + $"{split} of the text's {tokens.Length} came");
        }

        if (shares.NeedsValidation && tokens.Length - split < 2)
        {
            throw new BadInputException(
                $"[data] {source}: the validation part must hold 2 tokens; {tokens.Length - split} of {tokens.Length} came");
        }

        string sha256 = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
        return new TextData(tokenizer, new MemoryTokens(tokens, sha256), split, source);
    }
}

/// <summary>How a text is split into what is trained on and what is held out.</summary>
/// <param name="Context">Length of a sequence: the training part holds one more token at least.</param>
/// <param name="ValidationShare">Share of the tokens, at the end, that is held out.</param>
/// <param name="NeedsValidation">Whether the held-out part must be one that can be evaluated.</param>
internal readonly record struct TextSplit(int Context, double ValidationShare, bool NeedsValidation);
