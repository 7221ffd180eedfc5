namespace MuonSharp.Training.Tests.Checkpoints;

/// <summary>The file system, with a fault at one chosen operation. Counts operations; every single write is one.</summary>
internal sealed class FaultyFiles(int faultAt = int.MaxValue, Fault fault = Fault.Kill, IFileOperations? inner = null) : IFileOperations
{
    private readonly IFileOperations _inner = inner ?? UnflushedFiles.Instance;
    private bool _dead;

    /// <summary>Called after each operation that took place.</summary>
    public Action? AfterEach { get; init; }

    public int Operations { get; private set; }

    public void CreateDirectory(string path) => Do(() => _inner.CreateDirectory(path), takesSpace: true);

    public Stream Open(string path, long keep)
    {
        Stream? stream = null;
        Do(() => stream = _inner.Open(path, keep), takesSpace: true);
        return new FaultyStream(this, stream!);
    }

    public void Flush(Stream stream) => Do(() => _inner.Flush(((FaultyStream)stream).Inner), takesSpace: true);

    public void FlushDirectory(string path) => Do(() => _inner.FlushDirectory(path));

    public void Move(string source, string destination) => Do(() => _inner.Move(source, destination));

    public void DeleteFile(string path) => Do(() => _inner.DeleteFile(path));

    public void DeleteDirectory(string path) => Do(() => _inner.DeleteDirectory(path));

    private void Do(Action operation, Action? half = null, bool takesSpace = false)
    {
        if (_dead) throw new SimulatedKill();
        int number = Operations++;
        bool hit = number == faultAt || (fault == Fault.DiskFull && number > faultAt && takesSpace);
        if (hit)
        {
            half?.Invoke();
            _dead = fault == Fault.Kill;
            throw _dead ? new SimulatedKill() : new IOException("No space left on device");
        }

        operation();
        AfterEach?.Invoke();
    }

    internal sealed class FaultyStream(FaultyFiles files, Stream inner) : Stream
    {
        public Stream Inner => inner;

        public override bool CanRead => false;

        public override bool CanSeek => true;

        public override bool CanWrite => true;

        public override long Length => inner.Length;

        public override long Position { get => inner.Position; set => inner.Position = value; }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            byte[] bytes = buffer.ToArray();
            files.Do(() => inner.Write(bytes), () => inner.Write(bytes.AsSpan(0, bytes.Length / 2)), takesSpace: true);
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => inner.SetLength(value);

        protected override void Dispose(bool disposing)
        {
            if (disposing) inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
