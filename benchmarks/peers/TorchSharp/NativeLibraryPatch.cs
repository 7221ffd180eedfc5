using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;

namespace MuonSharp.Peers;

/// <summary>Lets TorchSharp's native library load where libstdc++ is older than version 13, as on Debian 12.</summary>
/// <remarks>
/// <para>Of libstdc++ 13 it needs one symbol, which makes sure that the standard streams exist. In the copy beside the program that symbol becomes the constructor that older programs
/// call for the same purpose, and the version that it was asked for in becomes one that every libstdc++ has. 23 bytes change; the package's own file stays as it is.</para>
/// <para>Layout: ELF64, little endian; section headers of 64 bytes; a version need of 16 bytes (file at 4, first entry at 8, next need at 12), its entries of 16 (hash at 0, name at
/// 8, next at 12). Source: System V ABI, and the LSB's chapter on symbol versions.</para>
/// </remarks>
internal static class NativeLibraryPatch
{
    private const string Library = "libLibTorchSharp.so";
    private const string NewSymbol = "_ZSt21ios_base_library_initv";
    private const string OldSymbol = "_ZNSt8ios_base4InitC1Ev";
    private const string NewVersion = "GLIBCXX_3.4.32";
    private const string OldVersion = "GLIBCXX_3.4";
    private const uint VersionNeeds = 0x6ffffffe;

    /// <summary>Before the first type of TorchSharp is touched.</summary>
#pragma warning disable CA2255 // A program's own module: there is no earlier moment that it could ask for.
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void Apply()
    {
        string path = Path.Combine(AppContext.BaseDirectory, Library);
        if (!OperatingSystem.IsLinux() || !File.Exists(path))
        {
            return;
        }

        byte[] file = File.ReadAllBytes(path);
        if (!Patch(file))
        {
            return;
        }

        // Two processes may start at once: each writes its own file, and the rename is one step.
        string temporary = $"{path}.{Environment.ProcessId}";
        File.WriteAllBytes(temporary, file);
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Changes the library in memory.</summary>
    /// <returns>False: it needs no change.</returns>
    /// <exception cref="InvalidDataException">It has another form than is known.</exception>
    private static bool Patch(byte[] file)
    {
        (int needs, int link) = Section(file) ?? throw new InvalidDataException($"[torchsharp] {Library} lists the versions that it needs; no such section");
        int headers = (int)Long(file, 0x28), size = Short(file, 0x3a);
        (int strings, int length) = ((int)Long(file, headers + (link * size) + 24), (int)Long(file, headers + (link * size) + 32));
        int? newer = null, older = null;
        for (int need = needs, next = 1; next != 0; need += next)
        {
            next = Int(file, need + 12);
            for (int entry = need + Int(file, need + 8), step = 1; step != 0; entry += step)
            {
                step = Int(file, entry + 12);
                string name = Text(file, strings + Int(file, entry + 8));
                newer = name == NewVersion ? entry : newer;
                older = name == OldVersion ? entry : older;
            }
        }

        if (newer is not { } target)
        {
            return false;
        }

        int source = older ?? throw new InvalidDataException($"[torchsharp] {Library} needs {OldVersion} too; it needs {NewVersion} alone");
        int symbol = file.AsSpan(strings, length).IndexOf(Encoding.ASCII.GetBytes(NewSymbol + "\0"));
        if (symbol < 0)
        {
            throw new InvalidDataException($"[torchsharp] {Library} takes {NewSymbol} from {NewVersion}; it does not");
        }

        file.AsSpan(source, 4).CopyTo(file.AsSpan(target));
        file.AsSpan(source + 8, 4).CopyTo(file.AsSpan(target + 8));
        Span<byte> place = file.AsSpan(strings + symbol, NewSymbol.Length);
        place.Clear();
        Encoding.ASCII.GetBytes(OldSymbol, place);
        return true;
    }

    /// <summary>Where the version needs begin, and the number of the section with their names.</summary>
    private static (int Offset, int Link)? Section(byte[] file)
    {
        int headers = (int)Long(file, 0x28), size = Short(file, 0x3a), count = Short(file, 0x3c);
        for (int i = 0; i < count; i++)
        {
            int header = headers + (i * size);
            if ((uint)Int(file, header + 4) == VersionNeeds)
            {
                return ((int)Long(file, header + 24), Int(file, header + 40));
            }
        }

        return null;
    }

    private static string Text(byte[] file, int at) => Encoding.ASCII.GetString(file.AsSpan(at, file.AsSpan(at).IndexOf((byte)0)));

    private static int Short(byte[] file, int at) => BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(at));

    private static int Int(byte[] file, int at) => BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at));

    private static long Long(byte[] file, int at) => BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(at));
}
