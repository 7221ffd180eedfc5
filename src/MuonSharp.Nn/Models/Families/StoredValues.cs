using System.Globalization;
using MuonSharp.Formats;

namespace MuonSharp.Nn;

/// <summary>Nonlinearities under the names that stored models give them.</summary>
/// <remarks>Source of the names: transformers, <c>activations.py</c>.</remarks>
internal static class StoredActivations
{
    private static readonly (string Name, Activation Activation)[] s_names =
    [
        ("gelu_new", Activation.GeluTanh), ("gelu", Activation.Gelu), ("gelu_pytorch_tanh", Activation.GeluTanh), ("silu", Activation.Silu), ("swish", Activation.Silu),
        ("relu", Activation.Relu), ("relu2", Activation.ReluSquared), ("tanh", Activation.Tanh), ("sigmoid", Activation.Sigmoid),
    ];

    public static Activation Read(JsonEntry entry, string otherwise)
    {
        string name = entry.IsSet ? entry.Choice([.. s_names.Select(known => known.Name)]) : otherwise;
        return s_names.First(known => known.Name == name).Activation;
    }

    public static IEnumerable<string> Obstacles(Activation activation)
    {
        if (s_names.All(known => known.Activation != activation))
        {
            yield return $"stored models name one of the activations {string.Join(", ", s_names.Select(known => known.Name))}; the model has {activation}";
        }
    }

    public static string Name(Activation activation) => s_names.First(known => known.Activation == activation).Name;
}

/// <summary>What no stored form of a family says of the head.</summary>
internal static class StoredHead
{
    public static string[] Obstacles(ModelFamily family, LanguageModelConfig config) =>
        config.LogitCap is { } cap ? [$"{family} has no cap of its logits; the model's is {cap}"] : [];
}

/// <summary>Numbers as a reader of JSON finds them.</summary>
internal static class StoredNumbers
{
    /// <summary>The double that reads as a float does: 1e-5 and not 9.99999974737875E-06.</summary>
    public static double Shortest(float number) => double.Parse(number.ToString("R", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}

/// <summary>Tensors that some files hold twice.</summary>
internal static class StoredCopies
{
    private static readonly Dictionary<string, string> s_none = new(StringComparer.Ordinal);

    /// <summary>A tied head beside the embedding that it is.</summary>
    public static Dictionary<string, string> OfHead(LanguageModelConfig config, string embedding) =>
        config.TiedHead ? new(StringComparer.Ordinal) { ["lm_head.weight"] = embedding } : s_none;
}
