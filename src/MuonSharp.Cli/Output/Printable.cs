namespace MuonSharp.Cli.Output;

/// <summary>Text that a model wrote may hold any character; a terminal must not obey it.</summary>
internal static class Printable
{
    private const char Replacement = '\uFFFD';

    /// <summary>The text with control characters, but for tabs and line ends, replaced.</summary>
    public static string Of(string text) =>
        text.Any(Obeyed) ? string.Create(text.Length, text, (span, source) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = Obeyed(source[i]) ? Replacement : source[i];
            }
        }) : text;

    private static bool Obeyed(char letter) => char.IsControl(letter) && letter is not ('\t' or '\n');
}
