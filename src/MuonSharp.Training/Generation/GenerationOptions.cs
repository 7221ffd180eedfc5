namespace MuonSharp.Training;

/// <summary>How text is drawn from a model.</summary>
/// <remarks>In this order: the repetition penalty changes logits, the temperature divides them; then only the <see cref="TopK"/> likeliest tokens count, of them the likeliest that reach
/// <see cref="TopP"/> together, of them those of at least <see cref="MinP"/>.</remarks>
public sealed record GenerationOptions
{
    /// <summary>Tokens to generate, 0 or more.</summary>
    public int Tokens { get; init; } = 500;

    /// <summary>Divides the logits; 0 takes the likeliest token.</summary>
    public double Temperature { get; init; } = 0.8;

    /// <summary>Only this many likeliest tokens can be drawn. 0: all.</summary>
    public int TopK { get; init; }

    /// <summary>Only the likeliest tokens that together reach this probability can be drawn; above 0, at most 1.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Only tokens that are at least this share as likely as the likeliest one can be drawn; 0 (all) to 1.</summary>
    public double MinP { get; init; }

    /// <summary>Divides positive logits of tokens that prompt and text have within the context, and multiplies negative ones; above 0, 1 changes nothing.</summary>
    public double RepetitionPenalty { get; init; } = 1;

    /// <summary>Texts that end the generation, not handed out themselves. Default: none.</summary>
    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <summary>Tokens that end a text, not handed out themselves. Null (default): those that the model's files name, else the tokenizer's own; empty: none.</summary>
    public IReadOnlyList<int>? EndOfText { get; init; }

    /// <summary>Whether names of special tokens in a prompt, such as <c>&lt;|im_start|&gt;</c>, are text like any other. Default false: they stand for the tokens, as in texts that a model is trained on; a prompt of
    /// a stranger should be plain.</summary>
    public bool PlainPrompt { get; init; }

    /// <summary>Same seed, same text.</summary>
    public ulong Seed { get; init; } = 1337;

    /// <summary>What becomes of characters of the prompt that the tokenizer does not know.</summary>
    public UnknownCharacters Unknown { get; init; }

    /// <summary>All rules these options break, one line each; empty when they are sound.</summary>
    public IReadOnlyList<string> Validate()
    {
        List<string> problems = [];
        Require(Tokens >= 0, $"tokens must be 0 or more; {Tokens} came");
        Require(Temperature >= 0 && double.IsFinite(Temperature), $"temperature must be a number of 0 or more; {Temperature} came");
        Require(TopK >= 0, $"top-k must be 0 (all) or more; {TopK} came");
        Require(TopP is > 0 and <= 1, $"top-p must be above 0 and at most 1; {TopP} came");
        Require(MinP is >= 0 and <= 1, $"min-p must be from 0 to 1; {MinP} came");
        Require(RepetitionPenalty > 0 && double.IsFinite(RepetitionPenalty), $"repetition-penalty must be a number above 0; {RepetitionPenalty} came");
        Require(Stop.All(text => text.Length > 0), $"stop must be texts of at least one character; an empty one came");
        return problems;

        void Require(bool holds, string rule)
        {
            if (!holds)
            {
                problems.Add($"[generate] {rule}");
            }
        }
    }
}
