namespace MuonSharp.Training.Tests.Checkpoints;

/// <summary>
/// The file system, with a model beside it of what the disk holds: data since the last flush of a file, and entries since the
/// last flush of their directory, may be lost. <c>Restore</c> makes the folder that a power failure would leave.
/// </summary>
internal sealed class PowerLossFiles(string root) : IFileOperations
{
    private readonly DirectoryNode _root = new();
    private readonly Dictionary<Stream, FileNode> _open = [];

    public void CreateDirectory(string path)
    {
        UnflushedFiles.Instance.CreateDirectory(path);
        Parent(path).Now[Path.GetFileName(path)] = new DirectoryNode();
    }

    public Stream Open(string path, long keep)
    {
        Stream stream = UnflushedFiles.Instance.Open(path, keep);
        Dictionary<string, object> entries = Parent(path).Now;
        if (!entries.TryGetValue(Path.GetFileName(path), out object? node)) entries[Path.GetFileName(path)] = node = new FileNode(path);
        _open[stream] = (FileNode)node;
        return stream;
    }

    public void Flush(Stream stream)
    {
        UnflushedFiles.Instance.Flush(stream);
        _open[stream].Content = File.ReadAllBytes(_open[stream].RealPath);
    }

    public void FlushDirectory(string path)
    {
        UnflushedFiles.Instance.FlushDirectory(path);
        DirectoryNode node = Find(path);
        node.OnDisk = new(node.Now);
    }

    public void Move(string source, string destination)
    {
        UnflushedFiles.Instance.Move(source, destination);
        _ = Parent(source).Now.Remove(Path.GetFileName(source), out object? node);
        Parent(destination).Now[Path.GetFileName(destination)] = node!;
        if (node is FileNode file) file.RealPath = destination;
    }

    public void DeleteFile(string path)
    {
        UnflushedFiles.Instance.DeleteFile(path);
        _ = Parent(path).Now.Remove(Path.GetFileName(path));
    }

    public void DeleteDirectory(string path)
    {
        UnflushedFiles.Instance.DeleteDirectory(path);
        _ = Parent(path).Now.Remove(Path.GetFileName(path));
    }

    /// <summary>Makes the folder as the disk would show it after a power failure at this instant.</summary>
    /// <param name="folder">An empty folder.</param>
    /// <param name="survivors">What of the unflushed changes of directories is on the disk.</param>
    public void Restore(string folder, Survivors survivors) => Restore(_root, folder, survivors);

    private static void Restore(DirectoryNode directory, string folder, Survivors survivors)
    {
        IEnumerable<KeyValuePair<string, object>> entries = survivors switch
        {
            Survivors.Nothing => directory.OnDisk,
            Survivors.Everything => directory.Now,
            _ => directory.Now.Where(entry => entry.Value is FileNode).Concat(directory.OnDisk.Where(entry => entry.Value is DirectoryNode)),
        };
        foreach ((string name, object node) in entries)
        {
            string path = Path.Combine(folder, name);
            if (node is FileNode file)
            {
                File.WriteAllBytes(path, file.Content);
            }
            else
            {
                _ = Directory.CreateDirectory(path);
                Restore((DirectoryNode)node, path, survivors);
            }
        }
    }

    private DirectoryNode Parent(string path) => Find(Path.GetDirectoryName(path)!);

    private DirectoryNode Find(string path)
    {
        string relative = Path.GetRelativePath(root, path);
        return relative == "."
            ? _root
            : relative.Split(Path.DirectorySeparatorChar).Aggregate(_root, (node, name) => (DirectoryNode)node.Now[name]);
    }

    private sealed class DirectoryNode
    {
        public Dictionary<string, object> Now { get; } = [];

        public Dictionary<string, object> OnDisk { get; set; } = [];
    }

    private sealed class FileNode(string realPath)
    {
        public string RealPath { get; set; } = realPath;

        /// <summary>What the disk certainly holds: nothing until the first flush.</summary>
        public byte[] Content { get; set; } = [];
    }
}
