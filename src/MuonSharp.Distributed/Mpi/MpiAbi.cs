namespace MuonSharp.Distributed;

/// <summary>The names by which one family of libraries knows its objects. Handles are pointers in one and small integers in the other; both fit a native integer.</summary>
/// <remarks>The numbers are those of the libraries' own mpi.h: Open MPI 4 (addresses of its data symbols), MPICH 4, and the standard ABI of MPI 5.0.</remarks>
internal sealed record MpiAbi
{
    public required string Name { get; init; }

    public required nint World { get; init; }

    public required nint Float { get; init; }

    public required nint Double { get; init; }

    public required nint Int64 { get; init; }

    public required nint Byte { get; init; }

    public required nint Sum { get; init; }

    public required nint Min { get; init; }

    public required nint Max { get; init; }

    public required nint ErrorsReturn { get; init; }

    public required nint InPlace { get; init; }

    public required nint StatusIgnore { get; init; }

    /// <summary>MPI_THREAD_SERIALIZED and MPI_THREAD_MULTIPLE.</summary>
    public required (int Serialized, int Multiple) Threads { get; init; }

    /// <summary>What a library exports says which it is.</summary>
    /// <param name="export">The address of an exported symbol; 0 where there is none.</param>
    /// <param name="version">What MPI_Get_library_version says.</param>
    /// <returns>Null for a library of none of these families.</returns>
    public static unsafe MpiAbi? Of(Func<string, nint> export, string version) =>
        export("MPI_Abi_get_version") is var address and not 0 && MajorOfStandard((delegate* unmanaged<int*, int*, int>)address) >= 1 ? Standard
        : export("ompi_mpi_comm_world") != 0 ? OpenMpi(export)
        : version.Contains("MPICH", StringComparison.Ordinal) || version.Contains("MVAPICH", StringComparison.Ordinal) || version.Contains("Intel(R) MPI", StringComparison.Ordinal) ? Mpich
        : null;

    /// <summary>The version of the standard's ABI that a library has; -1 where it has one of its own and only knows the question.</summary>
    private static unsafe int MajorOfStandard(delegate* unmanaged<int*, int*, int> version)
    {
        int major = -1, minor = -1;
        _ = version(&major, &minor);
        return major;
    }

    private static MpiAbi OpenMpi(Func<string, nint> export) => new()
    {
        Name = "Open MPI",
        World = export("ompi_mpi_comm_world"),
        Float = export("ompi_mpi_float"),
        Double = export("ompi_mpi_double"),
        Int64 = export("ompi_mpi_int64_t"),
        Byte = export("ompi_mpi_byte"),
        Sum = export("ompi_mpi_op_sum"),
        Min = export("ompi_mpi_op_min"),
        Max = export("ompi_mpi_op_max"),
        ErrorsReturn = export("ompi_mpi_errors_return"),
        InPlace = 1,
        StatusIgnore = 0,
        Threads = (2, 3),
    };

    private static MpiAbi Mpich { get; } = new()
    {
        Name = "MPICH",
        World = 0x44000000,
        Float = 0x4c00040a,
        Double = 0x4c00080b,
        Int64 = 0x4c00083a,
        Byte = 0x4c00010d,
        Sum = 0x58000003,
        Min = 0x58000002,
        Max = 0x58000001,
        ErrorsReturn = 0x54000001,
        InPlace = -1,
        StatusIgnore = 1,
        Threads = (2, 3),
    };

    private static MpiAbi Standard { get; } = new()
    {
        Name = "MPI 5.0 standard ABI",
        World = 0x101,
        Float = 0x210,
        Double = 0x214,
        Int64 = 0x258,
        Byte = 0x247,
        Sum = 0x21,
        Min = 0x22,
        Max = 0x23,
        ErrorsReturn = 0x143,
        InPlace = 1,
        StatusIgnore = 0,
        Threads = (2048, 4096),
    };
}
