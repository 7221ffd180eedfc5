using MuonSharp.Formats;
using MuonSharp.Nn;
using MuonSharp.Numerics;

namespace MuonSharp.Training;

/// <summary>A model that another program has stored, looked at as a whole: configuration, every tensor, tokenizer.</summary>
public sealed record ImportedModel
{
    /// <summary>Its folder or file.</summary>
    public required string Path { get; init; }

    /// <summary>Name of its family.</summary>
    public required string Family { get; init; }

    /// <summary>How many numbers it holds, a tied head counted once.</summary>
    public required long Weights { get; init; }

    /// <summary>Number of blocks.</summary>
    public required int Layers { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required int Width { get; init; }

    /// <summary>Number of attention heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Most tokens that it sees at once.</summary>
    public required int Context { get; init; }

    /// <summary>Tokens that it knows.</summary>
    public required int Vocabulary { get; init; }

    /// <summary>Kind of its tokenizer; null where there is none.</summary>
    public string? Tokenizer { get; init; }

    /// <summary>Reads a stored model once from end to end.</summary>
    /// <param name="path">A folder as Hugging Face's libraries have it, or a GGUF file.</param>
    /// <exception cref="InvalidFileException">It is no model that can be computed here, a file is damaged, or its weights are not finite.</exception>
    public static ImportedModel Open(string path)
    {
        StoredModel stored = StoredModel.Open(path);
        ITokenizer? tokenizer = stored.HasTokenizer ? stored.Tokenizer : null;
        using WorkerTeam team = new(1);
        using LanguageModel model = stored.Load(team);
        if (model.Parameters.Parameters.FirstOrDefault(parameter => !IsFinite(parameter.Weights.Span)) is { } broken)
        {
            throw new InvalidFileException("model", path, $"weights must be finite; '{broken.Name}' holds NaN or infinity");
        }

        return new()
        {
            Path = path,
            Family = model.Config.Family.Name,
            Weights = model.Parameters.ElementCount,
            Layers = model.Config.Layers,
            Width = model.Config.Width,
            Heads = model.Config.Heads,
            Context = model.Config.Context,
            Vocabulary = model.Config.Vocabulary,
            Tokenizer = tokenizer?.Kind,
        };
    }

    private static bool IsFinite(ReadOnlySpan<float> weights)
    {
        foreach (float weight in weights)
        {
            if (!float.IsFinite(weight))
            {
                return false;
            }
        }

        return true;
    }
}
