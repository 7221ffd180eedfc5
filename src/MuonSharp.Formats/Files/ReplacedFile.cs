namespace MuonSharp.Formats;

/// <summary>Files that appear under their names when they are complete.</summary>
public static class ReplacedFile
{
    /// <summary>Writes a file, replacing what was there.</summary>
    /// <param name="path">The file.</param>
    /// <param name="operation">What is being done, for messages, such as <c>safetensors</c>.</param>
    /// <param name="write">Writes the content to the stream that it is given; it need not flush.</param>
    /// <exception cref="WriteFailedException">It could not be written; what was there before is untouched, and nothing else is left.</exception>
    public static void Write(string path, string operation, Action<Stream> write) => Write(path, operation, write, static (stream, content) => content(stream));

    /// <summary>Writes a file of something that a lambda cannot hold, such as a span, replacing what was there.</summary>
    /// <typeparam name="TContent">What is written.</typeparam>
    /// <param name="path">The file.</param>
    /// <param name="operation">What is being done, for messages.</param>
    /// <param name="content">What is written.</param>
    /// <param name="write">Writes it to the stream that it is given; it need not flush.</param>
    /// <exception cref="WriteFailedException">It could not be written; what was there before is untouched, and nothing else is left.</exception>
    public static void Write<TContent>(string path, string operation, TContent content, Action<Stream, TContent> write)
        where TContent : allows ref struct
    {
        string temporary = path + ".tmp";
        try
        {
            using (FileStream stream = new(temporary, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0))
            {
                write(stream, content);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception exception) when (WriteFailedException.IsWriteFailure(exception))
        {
            throw new WriteFailedException(operation, path, exception);
        }
        finally
        {
            DeleteLeftover(temporary);
        }
    }

    /// <summary>Writes a file whose bytes are in memory, replacing what was there.</summary>
    /// <param name="path">The file.</param>
    /// <param name="operation">What is being done, for messages.</param>
    /// <param name="bytes">Its content.</param>
    /// <exception cref="WriteFailedException">It could not be written; what was there before is untouched, and nothing else is left.</exception>
    public static void Write(string path, string operation, ReadOnlySpan<byte> bytes) => Write(path, operation, bytes, static (stream, content) => stream.Write(content));

    private static void DeleteLeftover(string temporary)
    {
        try
        {
            File.Delete(temporary);
        }
        catch (Exception exception) when (WriteFailedException.IsWriteFailure(exception))
        {
            // The failure that left it here is the one worth reporting.
        }
    }
}
