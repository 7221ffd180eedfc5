using System.CommandLine;
using System.Globalization;
using System.Numerics;
using MuonSharp.Numerics;

namespace MuonSharp.Cli.Parsing;

/// <summary>Options that take a number within bounds, and say so when something else comes.</summary>
internal static class Numbers
{
    /// <summary>An option that takes a number from <paramref name="least"/> (or above it) to <paramref name="most"/>.</summary>
    public static Option<T> Between<T>(string name, string description, T least, T most, T standard, bool above = false)
        where T : struct, INumber<T>, IMinMaxValue<T>
    {
        bool whole = T.One / (T.One + T.One) == T.Zero;
        string kind = whole ? "a whole number" : "a number";
        string bounds = above ? $"{kind} above {least} and at most {most}"
            : !whole && most == T.MaxValue ? $"a finite number of at least {least}"
            : $"{kind} from {least} to {most}";
        return new Option<T>(name)
        {
            Description = description,
            HelpName = whole ? "N" : "X",
            DefaultValueFactory = _ => standard,
            CustomParser = result =>
            {
                string text = result.Tokens.Count > 0 ? result.Tokens[^1].Value : string.Empty;
                if (T.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out T value) && value <= most && (above ? value > least : value >= least))
                {
                    return value;
                }

                result.AddError($"{name} takes {bounds}; '{text}' came");
                return default;
            },
        };
    }
}

/// <summary>The environment variable that caps the width of vectors.</summary>
internal static class VectorBits
{
    private static readonly string[] s_known = ["512", "256", "128", "0"];

    /// <summary>What is wrong with its value; null when nothing is, or it is not set.</summary>
    public static string? Problem => Describe(Environment.GetEnvironmentVariable(VectorWidth.Variable));

    /// <summary>What is wrong with a value.</summary>
    public static string? Describe(string? value) => string.IsNullOrEmpty(value) || s_known.Contains(value, StringComparer.Ordinal)
        ? null
        : $"[environment] {VectorWidth.Variable} must be one of {string.Join(", ", s_known)}, or not set; '{value}' came";
}
