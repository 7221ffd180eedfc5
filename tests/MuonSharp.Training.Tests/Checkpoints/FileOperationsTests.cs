namespace MuonSharp.Training.Tests.Checkpoints;

public sealed class FileOperationsTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_directory_is_flushed_and_a_missing_one_is_an_error_of_the_file_system()
    {
        FileOperations.Instance.FlushDirectory(_folder.Path);
        if (OperatingSystem.IsWindows()) return;
        IOException exception = Assert.Throws<IOException>(() => FileOperations.Instance.FlushDirectory(_folder.At("missing")));
        Assert.Contains("No such file or directory", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Flushing_a_directory_leaks_no_descriptor()
    {
        if (!Directory.Exists("/proc/self/fd")) return;
        for (int i = 0; i < 5000; i++) FileOperations.Instance.FlushDirectory(_folder.Path); // More than the usual limit of 1024.
    }

    [Theory]
    [InlineData(0, "new")]
    [InlineData(3, "oldnew")]
    [InlineData(2, "olnew")]
    [InlineData(99, "oldnew")]
    public void An_opened_file_keeps_as_much_as_was_asked_for(long keep, string expected)
    {
        string path = _folder.At("file");
        File.WriteAllText(path, "old");
        using (Stream stream = FileOperations.Instance.Open(path, keep)) stream.Write("new"u8);
        Assert.Equal(expected, File.ReadAllText(path));
    }

    [Fact]
    public void Missing_parents_are_created_and_each_is_flushed()
    {
        var files = new FaultyFiles();
        files.EnsureDirectory(_folder.At("a", "b", "c"));
        Assert.True(Directory.Exists(_folder.At("a", "b", "c")));
        Assert.Equal(6, files.Operations);
        files.EnsureDirectory(_folder.At("a", "b", "c") + Path.DirectorySeparatorChar);
        Assert.Equal(6, files.Operations);
    }

    [Fact]
    public void A_tree_is_deleted_from_its_leaves()
    {
        _ = Directory.CreateDirectory(_folder.At("a", "b"));
        File.WriteAllText(_folder.At("a", "b", "c"), "");
        File.WriteAllText(_folder.At("a", "d"), "");
        FileOperations.Instance.DeleteTree(_folder.At("a"));
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }
}
