using System.CommandLine;
using System.Globalization;
using System.Numerics;

namespace MuonSharp.Cli.Parsing;

/// <summary>Options that take a number within bounds, and say so when something else comes.</summary>
internal static class Numbers
{
    /// <summary>An option that takes a number from <paramref name="least"/> (or above it) to <paramref name="most"/>.</summary>
    public static Option<T> Between<T>(string name, string description, T least, T most, T standard, bool above = false)
        where T : struct, INumber<T>, IMinMaxValue<T>
    {
        var whole = T.One / (T.One + T.One) == T.Zero;
        var kind = whole ? "a whole number" : "a number";
        var bounds = above ? $"{kind} above {least} and at most {most}"
            : !whole && most == T.MaxValue ? $"a finite number of at least {least}"
            : $"{kind} from {least} to {most}";
        return new Option<T>(name)
        {
            Description = description,
            HelpName = whole ? "N" : "X",
            DefaultValueFactory = _ => standard,
            CustomParser = result =>
            {
                var text = result.Tokens.Count > 0 ? result.Tokens[^1].Value : string.Empty;
                if (T.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value <= most && (above ? value > least : value >= least))
                {
                    return value;
                }

                result.AddError($"{name} takes {bounds}; '{text}' came");
                return default;
            },
        };
    }
}
