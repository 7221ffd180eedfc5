namespace MuonSharp.Cli.Output;

/// <summary>Text over several lines.</summary>
internal static class Wrapping
{
    /// <summary>Lines of words, none longer than the width; a longer word is cut rather than lost.</summary>
    public static IEnumerable<string> Words(string text, int width)
    {
        width = Math.Max(1, width);
        while (text.Length > width)
        {
            int cut = text.LastIndexOf(' ', width);
            cut = cut <= 0 ? width : cut;
            yield return text[..cut].TrimEnd();
            text = text[cut..].TrimStart();
        }

        yield return text;
    }

    /// <summary>Lines of whole words of a command line, with room for an indentation and a line's continuation mark; a longer word stands alone.</summary>
    public static IEnumerable<string> Commands(string command, int width)
    {
        string line = string.Empty;
        foreach (string word in command.Split(' '))
        {
            bool quoted = line.Count(letter => letter == '"') % 2 == 1;
            if (line.Length > 0 && !quoted && line.Length + 1 + word.Length > width - 6)
            {
                yield return line;
                line = string.Empty;
            }

            line += line.Length > 0 ? $" {word}" : word;
        }

        yield return line;
    }

    /// <summary>The parts that fit into a line, two spaces between them; of the first as much as fits.</summary>
    public static string Fit(IReadOnlyList<string> fields, int width)
    {
        string line = fields.Count == 0 ? string.Empty : fields[0];
        foreach (string field in fields.Skip(1))
        {
            if (line.Length + 2 + field.Length > width)
            {
                break;
            }

            line += $"  {field}";
        }

        return line.Length <= width ? line : line[..width];
    }

    /// <summary>Lines of whole parts with two spaces between them; a part longer than the width is wrapped by words.</summary>
    public static IEnumerable<string> Parts(IEnumerable<string> parts, int width)
    {
        string line = string.Empty;
        foreach (string part in parts.SelectMany(part => Words(part, width)))
        {
            if (line.Length > 0 && line.Length + 2 + part.Length > width)
            {
                yield return line;
                line = string.Empty;
            }

            line += line.Length > 0 ? $"  {part}" : part;
        }

        if (line.Length > 0)
        {
            yield return line;
        }
    }
}
