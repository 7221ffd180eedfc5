namespace MuonSharp.Training.Tests.Checkpoints;

/// <summary>The file system without waiting for the disk: what another process sees is the same, and tests are quick.</summary>
internal sealed class UnflushedFiles : IFileOperations
{
    public static UnflushedFiles Instance { get; } = new();

    public void CreateDirectory(string path) => FileOperations.Instance.CreateDirectory(path);

    public Stream Open(string path, long keep) => FileOperations.Instance.Open(path, keep);

    public void Flush(Stream stream) => Assert.IsType<FileStream>(stream);

    public void FlushDirectory(string path) => Assert.True(Directory.Exists(path));

    public void Move(string source, string destination) => FileOperations.Instance.Move(source, destination);

    public void DeleteFile(string path) => FileOperations.Instance.DeleteFile(path);

    public void DeleteDirectory(string path) => FileOperations.Instance.DeleteDirectory(path);
}
