using System.Text.RegularExpressions;

namespace MuonSharp.Formats;

/// <summary>Expressions of pre-tokenizers: those that .NET and the library of Hugging Face's tokenizers (Oniguruma) read alike.</summary>
public static class SplitPattern
{
    /// <summary>Longest expression that is read.</summary>
    public const int MostCharacters = 2000;

    /// <summary>How long one match may take: an expression of a stranger can be made to take for ever.</summary>
    public static readonly TimeSpan MostTime = TimeSpan.FromSeconds(10);

    private const string SameEscapes = "rntfvsSdDpPxu";

    /// <summary>Makes the expression.</summary>
    /// <param name="pattern">One without a <see cref="Problem"/>.</param>
    public static Regex Create(string pattern) => new(pattern, RegexOptions.CultureInvariant, MostTime);

    /// <summary>The same expression with line ends written as escapes: files have them either way.</summary>
    /// <param name="pattern">One without a <see cref="Problem"/>.</param>
    internal static string WithEscapes(string pattern) =>
        pattern.Contains("\\\r", StringComparison.Ordinal) || pattern.Contains("\\\n", StringComparison.Ordinal) ? pattern
            : pattern.Replace("\r", @"\r", StringComparison.Ordinal).Replace("\n", @"\n", StringComparison.Ordinal);

    /// <summary>What is wrong with an expression.</summary>
    /// <param name="pattern">Any text.</param>
    /// <returns>What is not supported in it; null: nothing.</returns>
    public static string? Problem(string pattern)
    {
        if (pattern.Length > MostCharacters)
        {
            return $"it has more than {MostCharacters} characters";
        }

        if (pattern.AsSpan().IndexOfAnyInRange('\ud800', '\udfff') >= 0 || pattern.Contains("&&", StringComparison.Ordinal) || pattern.Contains("[[", StringComparison.Ordinal))
        {
            return "characters beyond U+FFFF and sets of sets are not supported";
        }

        bool inSet = false;
        for (int i = 0; i < pattern.Length; i++)
        {
            char c = pattern[i];
            if (c == '\\')
            {
                char escaped = i + 1 < pattern.Length ? pattern[++i] : '\\';
                if (char.IsAsciiLetterOrDigit(escaped) && !SameEscapes.Contains(escaped, StringComparison.Ordinal))
                {
                    return $"\\{escaped} is not supported";
                }
            }
            else if (!inSet && (c is '^' or '$' or '#'))
            {
                return $"{c} is not supported";
            }
            else if (!inSet && c == '(' && Group(pattern.AsSpan(i + 1)) is { } group)
            {
                return $"{group} is not supported";
            }

            inSet = c == '[' || (inSet && c != ']');
        }

        try
        {
            _ = Create(pattern);
            return null;
        }
        catch (ArgumentException exception)
        {
            return OneLine.Short(exception.Message);
        }
    }

    private static string? Group(ReadOnlySpan<char> rest) =>
        rest is not ['?', ..] || rest is ['?', ':' or '!' or '=' or '>', ..] || rest.StartsWith("?i:", StringComparison.Ordinal) ? null : $"({rest[..Math.Min(rest.Length, 3)]}";
}
