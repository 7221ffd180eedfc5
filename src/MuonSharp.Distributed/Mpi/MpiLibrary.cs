using System.Runtime.InteropServices;
using System.Text;

namespace MuonSharp.Distributed;

/// <summary>An MPI library that was found on this machine: its functions, resolved once.</summary>
internal sealed unsafe class MpiLibrary(nint handle, string path)
{
    /// <summary>The variable that names the library to load.</summary>
    public const string Variable = "MUONSHARP_MPI_LIBRARY";

    private const int LongestText = 8192;

    /// <summary>What it was loaded by.</summary>
    public string Path => path;

    /// <summary>What it calls itself, in short.</summary>
    public string Version { get; } = FirstLine(VersionText(handle, path));

    public MpiAbi Abi { get; } = MpiAbi.Of(name => NativeLibrary.TryGetExport(handle, name, out nint address) ? address : 0, VersionText(handle, path))
        ?? throw new CollectiveException($"[mpi] {path} is none of Open MPI, MPICH (or its kin) and the standard ABI; it calls itself '{FirstLine(VersionText(handle, path))}'");

    public delegate* unmanaged<int*, byte***, int, int*, int> InitThread { get; } =
        (delegate* unmanaged<int*, byte***, int, int*, int>)Export(handle, path, "MPI_Init_thread");

    public delegate* unmanaged<int> Finalize { get; } =
        (delegate* unmanaged<int>)Export(handle, path, "MPI_Finalize");

    public delegate* unmanaged<nint, int, int> Abort { get; } =
        (delegate* unmanaged<nint, int, int>)Export(handle, path, "MPI_Abort");

    public delegate* unmanaged<nint, int*, int> CommRank { get; } =
        (delegate* unmanaged<nint, int*, int>)Export(handle, path, "MPI_Comm_rank");

    public delegate* unmanaged<nint, int*, int> CommSize { get; } =
        (delegate* unmanaged<nint, int*, int>)Export(handle, path, "MPI_Comm_size");

    public delegate* unmanaged<nint, nint*, int> CommDuplicate { get; } =
        (delegate* unmanaged<nint, nint*, int>)Export(handle, path, "MPI_Comm_dup");

    public delegate* unmanaged<nint, nint, int> SetErrorHandler { get; } =
        (delegate* unmanaged<nint, nint, int>)Export(handle, path, "MPI_Comm_set_errhandler");

    public delegate* unmanaged<int, byte*, int*, int> ErrorString { get; } =
        (delegate* unmanaged<int, byte*, int*, int>)Export(handle, path, "MPI_Error_string");

    public delegate* unmanaged<nint*, int*, nint, int> Test { get; } =
        (delegate* unmanaged<nint*, int*, nint, int>)Export(handle, path, "MPI_Test");

    public delegate* unmanaged<nint*, nint, int> Wait { get; } =
        (delegate* unmanaged<nint*, nint, int>)Export(handle, path, "MPI_Wait");

    public delegate* unmanaged<nint*, int> Cancel { get; } =
        (delegate* unmanaged<nint*, int>)Export(handle, path, "MPI_Cancel");

    public delegate* unmanaged<nint, nint*, int> Barrier { get; } =
        (delegate* unmanaged<nint, nint*, int>)Export(handle, path, "MPI_Ibarrier");

    public delegate* unmanaged<void*, int, nint, int, nint, nint*, int> Broadcast { get; } =
        (delegate* unmanaged<void*, int, nint, int, nint, nint*, int>)Export(handle, path, "MPI_Ibcast");

    public delegate* unmanaged<nint, void*, int, nint, nint, nint, nint*, int> AllReduce { get; } =
        (delegate* unmanaged<nint, void*, int, nint, nint, nint, nint*, int>)Export(handle, path, "MPI_Iallreduce");

    public delegate* unmanaged<void*, void*, int*, nint, nint, nint, nint*, int> ReduceScatter { get; } =
        (delegate* unmanaged<void*, void*, int*, nint, nint, nint, nint*, int>)Export(handle, path, "MPI_Ireduce_scatter");

    public delegate* unmanaged<nint, int, nint, void*, int*, int*, nint, nint, nint*, int> AllGather { get; } =
        (delegate* unmanaged<nint, int, nint, void*, int*, int*, nint, nint, nint*, int>)Export(handle, path, "MPI_Iallgatherv");

    public delegate* unmanaged<void*, int*, int*, nint, void*, int*, int*, nint, nint, nint*, int> AllToAll { get; } =
        (delegate* unmanaged<void*, int*, int*, nint, void*, int*, int*, nint, nint, nint*, int>)Export(handle, path, "MPI_Ialltoallv");

    public delegate* unmanaged<void*, int, nint, int, int, nint, nint*, int> Send { get; } =
        (delegate* unmanaged<void*, int, nint, int, int, nint, nint*, int>)Export(handle, path, "MPI_Isend");

    public delegate* unmanaged<void*, int, nint, int, int, nint, nint*, int> Receive { get; } =
        (delegate* unmanaged<void*, int, nint, int, int, nint, nint*, int>)Export(handle, path, "MPI_Irecv");

    /// <summary>The names that are tried, in order.</summary>
    /// <param name="launcher">What started this process; its own library comes first.</param>
    public static IReadOnlyList<string> Names(Launcher? launcher)
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } chosen)
        {
            return [chosen];
        }

        string[] openMpi = OperatingSystem.IsMacOS() ? ["libmpi.40.dylib", "/opt/homebrew/lib/libmpi.40.dylib"] : ["libmpi.so.40"];
        string[] mpich = OperatingSystem.IsMacOS() ? ["libmpi.12.dylib"] : ["libmpich.so.12", "libmpi.so.12", "libmpi_abi.so.1", "libmpi_abi.so.0"];
        return launcher?.Name == "MPICH" ? [.. mpich, .. openMpi] : [.. openMpi, .. mpich];
    }

    /// <summary>The first of the names that can be loaded; null for none.</summary>
    public static MpiLibrary? Find(Launcher? launcher)
    {
        NativeSupport.SaveHandlers();
        NativeSupport.SetVariables();
        foreach (string name in Names(launcher))
        {
            if (NativeSupport.Load(name) is var handle and not 0)
            {
                return new MpiLibrary(handle, name);
            }
        }

        return null;
    }

    /// <summary>Nothing, or what went wrong: no call may follow but <see cref="Abort"/>.</summary>
    /// <exception cref="CollectiveException">The code is not that of success.</exception>
    public void Check(string what, int code)
    {
        if (code != 0)
        {
            throw new CollectiveException($"[mpi] {what} failed: {Describe(code)}");
        }
    }

    /// <summary>What a code means, in the library's words.</summary>
    public string Describe(int code)
    {
        byte* text = stackalloc byte[LongestText];
        int length = 0;
        return ErrorString(code, text, &length) == 0 ? Encoding.UTF8.GetString(text, length) : $"error {code}";
    }

    private static nint Export(nint handle, string path, string name) => NativeLibrary.TryGetExport(handle, name, out nint address)
        ? address
        : throw new CollectiveException($"[mpi] {path} has no function {name}");

    private static string VersionText(nint handle, string path)
    {
        byte* text = stackalloc byte[LongestText];
        int length = 0;
        _ = ((delegate* unmanaged<byte*, int*, int>)Export(handle, path, "MPI_Get_library_version"))(text, &length);
        return Encoding.UTF8.GetString(text, Math.Clamp(length, 0, LongestText));
    }

    /// <summary><c>Open MPI v4.1.4</c> of "Open MPI v4.1.4, package: ...", <c>MPICH 4.0.2</c> of "MPICH Version:      4.0.2".</summary>
    private static string FirstLine(string text) => string.Join(
        ' ', text.TrimEnd('\0').Split('\n')[0].Split(',')[0].Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries).Where(static word => word is not "Version:"));
}
