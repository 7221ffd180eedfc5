using System.Reflection;
using System.Text;
using System.Text.Unicode;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>Reads text strictly: what is not UTF-8 is an error, never a replacement character.</summary>
public static class TextFile
{
    /// <summary>What a UTF-8 file may begin with; it is no part of the text.</summary>
    internal static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>The text of a UTF-8 file, without a byte order mark; line ends stay as they are.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="BadInputException">There is no such file, it is a directory, empty, or not UTF-8.</exception>
    public static string Read(string path) => Decode(InputFile.ReadAll("data", path), path);

    /// <summary>Reads a UTF-8 file a part at a time, by the same rules.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="BadInputException">There is no such file, it is a directory, or empty; while reading: it is not UTF-8.</exception>
    internal static TextReader Open(string path)
    {
        Stream file = InputFile.Open("data", path);
        try
        {
            return new Utf8TextReader(file, path);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The text of UTF-8 bytes, without a byte order mark.</summary>
    /// <param name="utf8">The bytes.</param>
    /// <param name="source">Where they come from, for messages.</param>
    /// <exception cref="BadInputException">The text is empty or not UTF-8.</exception>
    internal static string Decode(ReadOnlySpan<byte> utf8, string source) => Encoding.UTF8.GetString(Check(utf8, source));

    /// <summary>The bytes of a text without a byte order mark.</summary>
    /// <param name="utf8">The bytes.</param>
    /// <param name="source">Where they come from, for messages.</param>
    /// <exception cref="BadInputException">The text is empty or not UTF-8.</exception>
    internal static ReadOnlySpan<byte> Check(ReadOnlySpan<byte> utf8, string source)
    {
        ReadOnlySpan<byte> head = utf8[..Math.Min(utf8.Length, EncodingGuess.Head)];
        utf8 = utf8.StartsWith(ByteOrderMark) ? utf8[ByteOrderMark.Length..] : utf8;
        if (utf8.IsEmpty)
        {
            throw new BadInputException($"[data] {source}: the text must not be empty; 0 bytes came");
        }

        if (EncodingGuess.WithoutMark(utf8) is { } name)
        {
            throw WithoutMark(name, source);
        }

        if (!Utf8.IsValid(utf8))
        {
            int place = FirstInvalid(utf8);
            throw NoUtf8(head, utf8[place..], place, source);
        }

        return utf8;
    }

    /// <summary>The error of a text that is not UTF-8.</summary>
    internal static BadInputException NoUtf8(ReadOnlySpan<byte> head, ReadOnlySpan<byte> rest, long place, string source) =>
        new($"[data] {source}: the text must be UTF-8; byte 0x{rest[0]:X2} came at offset {place}{EncodingGuess.Hint(head, rest, source)}");

    /// <summary>The error of a text in UTF-16 or UTF-32, which would be UTF-8 too.</summary>
    internal static BadInputException WithoutMark(string name, string source) =>
        new($"[data] {source}: the text must be UTF-8; zeros came between its letters{EncodingGuess.Hint(name, source)}");

    private static int FirstInvalid(ReadOnlySpan<byte> utf8)
    {
        int place = 0;
        while (Rune.DecodeFromUtf8(utf8[place..], out _, out int length) == System.Buffers.OperationStatus.Done)
        {
            place += length;
        }

        return place;
    }
}

/// <summary>Reads files that a user named, with one-line errors.</summary>
internal static class InputFile
{
    /// <summary>All bytes of a file.</summary>
    /// <exception cref="BadInputException">It is missing, a directory, or cannot be read.</exception>
    public static byte[] ReadAll(string operation, string path) => ReadAll(operation, path, out _);

    /// <summary>All bytes of a file, and whether they can be read again: those of a pipe, a device or standard input cannot.</summary>
    /// <exception cref="BadInputException">It is missing, a directory, or cannot be read.</exception>
    public static byte[] ReadAll(string operation, string path, out bool again)
    {
        (byte[] bytes, again) = Guard(operation, path, () =>
        {
            using Stream file = OpenStream(path);
            long length = file.CanSeek ? file.Length : 0;
            if (length > Array.MaxLength)
            {
                throw new IOException($"it has {length} bytes, and {Array.MaxLength} can be read at once");
            }

            using MemoryStream all = new((int)length);
            file.CopyTo(all);
            return (all.TryGetBuffer(out ArraySegment<byte> read) && read.Count == read.Array!.Length ? read.Array : all.ToArray(), file.CanSeek && path != DataFiles.StandardInput && !IsDescriptor(path));
        });
        return bytes;
    }

    /// <summary>Opens a file.</summary>
    /// <exception cref="BadInputException">It is missing, a directory, or cannot be read.</exception>
    public static Stream Open(string operation, string path) => Guard(operation, path, () => OpenStream(path));

    /// <summary>Does something with a file.</summary>
    /// <exception cref="BadInputException">It is missing, a directory, or cannot be read.</exception>
    public static T Guard<T>(string operation, string path, Func<T> use)
    {
        if (Directory.Exists(path))
        {
            throw new BadInputException($"[{operation}] {path}: a file must be named; a directory came");
        }

        try
        {
            return use();
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new BadInputException($"[{operation}] {path}: the file must exist; there is none", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new BadInputException($"[{operation}] {path}: the file must be readable; {FirstLine(error.Message)}", error);
        }
    }

    private static Stream OpenStream(string path) => path == DataFiles.StandardInput ? Console.OpenStandardInput() : File.OpenRead(path);

    /// <summary>Whether a name means something else in another process, whatever lies behind it now: <c>/dev/stdin</c>, <c>/dev/fd/63</c>, <c>/proc/self/fd/0</c>.</summary>
    public static bool IsDescriptor(string path) =>
        !OperatingSystem.IsWindows() && Path.GetFullPath(path) is var full && (full.StartsWith("/dev/", StringComparison.Ordinal) || full.StartsWith("/proc/", StringComparison.Ordinal));

    private static string FirstLine(string message) => message.Split('\n', 2)[0].TrimEnd('\r', '.');
}

/// <summary>The text that comes with the library: Jane Austen's <i>Pride and Prejudice</i> and <i>Northanger Abbey</i>.</summary>
/// <remarks>1,118,181 bytes of ASCII with 77 distinct characters, in the public domain; see <c>Data/austen.md</c> for its origin.</remarks>
public static class EmbeddedCorpus
{
    /// <summary>What messages and banners call it.</summary>
    public const string Name = "austen.txt (embedded)";

    /// <summary>The whole text.</summary>
    public static string Read()
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("data/austen.txt")
            ?? throw new InvalidOperationException("[data] the library must contain its corpus; there is none");
        byte[] utf8 = new byte[stream.Length];
        stream.ReadExactly(utf8);
        return TextFile.Decode(utf8, Name);
    }
}

/// <summary>Something the user gave cannot be used: a text, a prompt, a run folder. The message is one line that says what and where.</summary>
public sealed class BadInputException : Exception
{
    /// <summary>An exception with a message of the form <c>[operation] rule; what came</c>.</summary>
    /// <param name="message">One line.</param>
    public BadInputException(string message)
        : base(OneLine.Message(message))
    {
    }

    /// <summary>An exception with a message and what led to it.</summary>
    /// <param name="message">One line.</param>
    /// <param name="inner">What led to it.</param>
    public BadInputException(string message, Exception inner)
        : base(OneLine.Message(message), inner)
    {
    }
}
