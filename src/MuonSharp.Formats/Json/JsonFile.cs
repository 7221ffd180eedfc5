using System.Text.Json;

namespace MuonSharp.Formats;

/// <summary>The one door for JSON that somebody else wrote, or that a disk may have damaged: files, and texts inside of other files.</summary>
/// <remarks>
/// <para>A byte order mark, comments and trailing commas are read over. Refused, with the place, are: bytes that are not UTF-8, halves of
/// surrogate pairs, a key that comes twice, nesting deeper than <see cref="JsonOptions.MostDepth"/>, and what is no JSON.</para>
/// <para>Memory: a multiple of the input's bytes, which are bounded by <see cref="JsonOptions.MostBytes"/>.</para>
/// </remarks>
public static class JsonFile
{
    private static ReadOnlySpan<byte> ByteOrderMark => [0xef, 0xbb, 0xbf];

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">How to read it.</param>
    /// <returns>The outermost value.</returns>
    /// <exception cref="InvalidFileException">It cannot be read, or breaks a rule.</exception>
    public static JsonEntry Read(string path, JsonOptions options) => Parse(ReadBytes(path, options), path, options);

    /// <summary>Reads a file, and adds what is wrong with it to a list.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">How to read it.</param>
    /// <param name="problems">Receives a line if it cannot be read, or breaks a rule.</param>
    /// <returns>The outermost value; null after a problem.</returns>
    public static JsonEntry? Read(string path, JsonOptions options, ICollection<string> problems) =>
        Try(() => Read(path, options), problems);

    /// <summary>Reads a JSON text.</summary>
    /// <param name="utf8">The text.</param>
    /// <param name="path">The file it came from, for messages.</param>
    /// <param name="options">How to read it.</param>
    /// <returns>The outermost value.</returns>
    /// <exception cref="InvalidFileException">It breaks a rule.</exception>
    public static JsonEntry Parse(ReadOnlySpan<byte> utf8, string path, JsonOptions options) => Parse(utf8, new JsonSource(path, options));

    /// <summary>Reads a JSON text, and adds what is wrong with it to a list.</summary>
    /// <param name="utf8">The text.</param>
    /// <param name="path">The file it came from, for messages.</param>
    /// <param name="options">How to read it.</param>
    /// <param name="problems">Receives a line if it breaks a rule.</param>
    /// <returns>The outermost value; null after a problem.</returns>
    public static JsonEntry? Parse(ReadOnlyMemory<byte> utf8, string path, JsonOptions options, ICollection<string> problems) =>
        Try(() => Parse(utf8.Span, path, options), problems);

    /// <summary>Reads the bytes of a file, which may be a pipe, up to the limit.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">Operation and limit.</param>
    /// <returns>All bytes.</returns>
    /// <exception cref="InvalidFileException">It cannot be read, or has more bytes.</exception>
    public static byte[] ReadBytes(string path, JsonOptions options)
    {
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            long known = file.CanSeek ? file.Length : 0;
            using MemoryStream all = new(known <= options.MostBytes ? (int)known : 0);
            byte[] buffer = new byte[1 << 14];
            for (int count; (count = file.Read(buffer)) > 0;)
            {
                all.Write(buffer, 0, count);
                if (all.Length > options.MostBytes)
                {
                    throw new JsonSource(path, options).Broken($"it must have at most {options.MostBytes} bytes; {(known > 0 ? $"it has {known}" : "more came")}");
                }
            }

            return all.ToArray();
        }
        catch (Exception exception) when (InvalidFileException.IsUnreadable(exception))
        {
            throw InvalidFileException.Unreadable(options.Operation, path, exception);
        }
    }

    internal static JsonEntry Parse(ReadOnlySpan<byte> utf8, JsonSource source)
    {
        bool strict = source.Options.Strict;
        if (!strict && utf8.StartsWith(ByteOrderMark))
        {
            utf8 = utf8[ByteOrderMark.Length..];
        }

        if (utf8.Trim(" \t\r\n"u8).IsEmpty)
        {
            throw source.Broken($"{source.It} must be JSON; it is empty");
        }

        try
        {
            JsonCheck.Run(utf8, source);
            JsonDocumentOptions options = new()
            {
                MaxDepth = JsonOptions.MostDepth,
                AllowTrailingCommas = !strict,
                CommentHandling = strict ? JsonCommentHandling.Disallow : JsonCommentHandling.Skip,
            };
            return new JsonEntry(source with { FirstLine = JsonCheck.FirstLine(utf8) }, JsonElement.Parse(utf8, options));
        }
        catch (JsonException exception)
        {
            throw source.Broken($"{source.It} must be JSON; {JsonCheck.Describe(exception)}", exception);
        }
    }

    private static JsonEntry? Try(Func<JsonEntry> read, ICollection<string> problems)
    {
        try
        {
            return read();
        }
        catch (InvalidFileException exception)
        {
            problems.Add(exception.Message);
            return null;
        }
    }
}

/// <summary>How a JSON text is read, and how messages speak of it.</summary>
public sealed record JsonOptions
{
    /// <summary>Deepest nesting of objects and lists that is read.</summary>
    public const int MostDepth = 64;

    /// <summary>What is being done, such as <c>config</c>: the word in brackets that messages begin with.</summary>
    public required string Operation { get; init; }

    /// <summary>The place of the outermost value, before the dotted names; empty for a file of its own. Default: empty.</summary>
    public string Root { get; init; } = "";

    /// <summary>What every message ends with, such as a hint what to do; begins with a blank if there is one. Default: empty.</summary>
    public string Note { get; init; } = "";

    /// <summary>Most bytes of a file, or of one line of a file of lines. Memory is bounded by a multiple of it. Default: 64 MiB.</summary>
    public int MostBytes { get; init; } = 1 << 26;

    /// <summary>Whether a byte order mark, comments and trailing commas are refused, as formats of other makers ask. Default: false.</summary>
    public bool Strict { get; init; }
}

/// <summary>Where a JSON text came from: makes the messages about it.</summary>
/// <param name="Path">The file.</param>
/// <param name="Options">How it is read.</param>
/// <param name="Line">Number of the line in a file of lines, from 1; 0 for a file that is one JSON text.</param>
internal sealed record JsonSource(string Path, JsonOptions Options, int Line = 0)
{
    /// <summary>Line in which the outermost value begins.</summary>
    public int FirstLine { get; init; } = 1;

    /// <summary>What messages call the whole text.</summary>
    public string It => JsonPlace.Called(Options.Root);

    /// <summary>The exception for a broken rule.</summary>
    /// <param name="problem">A sentence <c>rule; what came</c>.</param>
    /// <param name="cause">What a parser said.</param>
    public InvalidFileException Broken(string problem, Exception? cause = null) =>
        new(Options.Operation, Path, $"{(Line == 0 ? "" : $"line {Line}: ")}{problem}{Options.Note}", cause);
}
