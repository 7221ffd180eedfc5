using MuonSharp.Numerics;

namespace MuonSharp.Cli.Parsing;

/// <summary>The environment variable that caps the width of vectors.</summary>
internal static class VectorBits
{
    private static readonly string[] Known = ["512", "256", "128", "0"];

    /// <summary>What is wrong with its value; null when nothing is, or it is not set.</summary>
    public static string? Problem => Describe(Environment.GetEnvironmentVariable(VectorWidth.Variable));

    /// <summary>What is wrong with a value.</summary>
    public static string? Describe(string? value) => string.IsNullOrEmpty(value) || Known.Contains(value, StringComparer.Ordinal)
        ? null
        : $"[environment] {VectorWidth.Variable} must be one of {string.Join(", ", Known)}, or not set; '{value}' came";
}
