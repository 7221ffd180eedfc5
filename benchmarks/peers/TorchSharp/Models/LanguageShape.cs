using MuonSharp.Nn;

namespace MuonSharp.Peers;

/// <summary>The language models of <c>muonsharp bench</c> by their names, with the batch of a step.</summary>
/// <param name="Model">The model.</param>
/// <param name="Batch">Sequences of a step.</param>
/// <param name="Time">Tokens of each.</param>
internal sealed record LanguageShape(LanguageModelConfig Model, int Batch, int Time)
{
    /// <summary>Tokens of a prompt before one more is measured.</summary>
    public const int Prompt = 64;

    private static readonly Dictionary<string, LanguageShape> s_byName = new(StringComparer.Ordinal)
    {
        ["nanogpt-cpu"] = new(Character(4, 4, 128, 64), 12, 64),
        ["nanogpt-384"] = new(Character(6, 6, 384, 256), 8, 256),
        ["nanogpt"] = new(Character(6, 6, 384, 256), 64, 256),
        ["gpt2-124m"] = new(new() { Vocabulary = 50257, Layers = 12, Heads = 12, Width = 768, Context = 1024, Activation = Activation.GeluTanh, Biases = true }, 4, 64),
    };

    /// <summary>Of a name like step-nanogpt-cpu, step-gpt2-124m-1x1024 or generate-gpt2-124m.</summary>
    /// <exception cref="ArgumentException">There is no such model.</exception>
    public static LanguageShape Of(string name)
    {
        string text = name[(name.IndexOf('-', StringComparison.Ordinal) + 1)..];
        if (s_byName.TryGetValue(text, out LanguageShape? shape))
        {
            return shape;
        }

        int dash = text.LastIndexOf('-');
        return dash > 0 && s_byName.TryGetValue(text[..dash], out shape)
            && text[(dash + 1)..].Split('x') is [var batch, var time] && int.TryParse(batch, out int sequences) && int.TryParse(time, out int tokens)
            && sequences > 0 && tokens > 0 && tokens <= shape.Model.Context
            ? shape with { Batch = sequences, Time = tokens }
            : throw new ArgumentException($"[peer] a model is one of {string.Join(", ", s_byName.Keys)}, for a step with -BxT behind it or without; '{name}' came");
    }

    private static LanguageModelConfig Character(int layers, int heads, int width, int context) => new() { Vocabulary = 65, Layers = layers, Heads = heads, Width = width, Context = context };
}
