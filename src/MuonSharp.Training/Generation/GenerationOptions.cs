namespace MuonSharp.Training;

/// <summary>How text is drawn from a model.</summary>
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

    /// <summary>Same seed, same text.</summary>
    public ulong Seed { get; init; } = 1337;

    /// <summary>All rules these options break, one line each; empty when they are sound.</summary>
    public IReadOnlyList<string> Validate()
    {
        List<string> problems = [];
        if (Tokens < 0)
        {
            problems.Add($"[generate] tokens must be 0 or more; {Tokens} came");
        }

        if (!(Temperature >= 0 && double.IsFinite(Temperature)))
        {
            problems.Add($"[generate] temperature must be a number of 0 or more; {Temperature} came");
        }

        if (TopK < 0)
        {
            problems.Add($"[generate] top-k must be 0 (all) or more; {TopK} came");
        }

        if (!(TopP is > 0 and <= 1))
        {
            problems.Add($"[generate] top-p must be above 0 and at most 1; {TopP} came");
        }

        return problems;
    }
}
