using MuonSharp.Formats;

namespace MuonSharp.Training.Tests.Models;

/// <summary>What is made appears when it is complete; what a killed process left goes with the next that is made beside it, and what another process is making stays.</summary>
public sealed class NewPathTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_a_killed_process_left_is_deleted_by_the_next_that_makes_something_there()
    {
        string dead = Leftover("model", '1'), other = Leftover("other.gguf", '2'), theirs = _folder.File(".muonsharp-model"), text = _folder.Write(".muonsharp-model.lock", "");
        Directory.CreateDirectory(theirs);
        NewPath.Folder(_folder.File("model"), "export", part => File.WriteAllText(Path.Combine(part, "config.json"), "{}"));
        Assert.Equal("{}", File.ReadAllText(_folder.File("model/config.json")));
        Assert.False(Directory.Exists(dead));
        Assert.False(Directory.Exists(other));
        Assert.False(File.Exists(text));
        Assert.Equal([".muonsharp-model", "model"], Names());
    }

    [Fact]
    public void What_another_process_is_making_stays_and_is_not_made_twice()
    {
        string alive = Leftover("model", '1');
        using (new FileStream(_folder.File(".muonsharp-model.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
        {
            NewPath.File(_folder.File("other.gguf"), "export", part => File.WriteAllText(part, "GGUF"));
            Assert.Equal("GGUF", File.ReadAllText(_folder.File("other.gguf")));
            Assert.True(Directory.Exists(alive));
            string refused = Assert.Throws<BadInputException>(() => NewPath.Folder(_folder.File("model"), "export", _ => { })).Message;
            Assert.Equal($"[export] {_folder.File("model")}: one process may write it; another one does already", refused);
        }

        NewPath.File(_folder.File("third"), "export", part => File.WriteAllText(part, ""));
        Assert.False(Directory.Exists(alive));
    }

    [Fact]
    public void Of_several_that_want_one_folder_one_makes_it()
    {
        string path = _folder.File("tokens"), complete = Path.Combine(path, "complete");
        int made = 0;
        bool[] mine = new bool[4];
        Parallel.For(0, mine.Length, i => mine[i] = NewPath.FolderOnce(path, "data", () => File.Exists(complete), part =>
        {
            Interlocked.Increment(ref made);
            File.WriteAllText(Path.Combine(part, "complete"), "");
        }));
        Assert.Equal(1, made);
        Assert.Single(mine, own => own);
        Assert.Equal(["tokens"], Names());
    }

    [Fact]
    public void A_write_that_fails_leaves_nothing_and_names_what_was_asked_for()
    {
        string path = _folder.File("deep/model");
        WriteFailedException failed = Assert.Throws<WriteFailedException>(() => NewPath.Folder(path, "export", part => throw new WriteFailedException("safetensors", Path.Combine(part, "model.safetensors"), new IOException("no space"))));
        Assert.Equal($"[export] {path}: could not be written; no space", failed.Message);
        Assert.Throws<InvalidOperationException>(() => NewPath.File(path, "export", _ => throw new InvalidOperationException()));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.File("deep")));
        Directory.CreateDirectory(_folder.File("full"));
        _folder.Write("full/mine", "");
        Assert.Contains("a folder that is new or empty is needed; this one holds something", Assert.Throws<BadInputException>(() => NewPath.Folder(_folder.File("full"), "export", _ => { })).Message, StringComparison.Ordinal);
        Assert.Contains("the name of a new file is needed; something has the name", Assert.Throws<BadInputException>(() => NewPath.File(_folder.File("full"), "export", _ => { })).Message, StringComparison.Ordinal);
    }

    private string Leftover(string name, char digit)
    {
        string folder = _folder.File($".muonsharp-{name}-{new string(digit, 32)}");
        Directory.CreateDirectory(Path.Combine(folder, name));
        File.WriteAllText(Path.Combine(folder, name, "model.safetensors"), "half");
        return folder;
    }

    private string[] Names() => [.. Directory.EnumerateFileSystemEntries(_folder.Path).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
}
