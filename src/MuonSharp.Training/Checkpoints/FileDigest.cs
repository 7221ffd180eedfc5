namespace MuonSharp.Training;

/// <summary>What a file must look like: its size and the SHA-256 of its bytes in lower-case hexadecimal digits.</summary>
internal readonly record struct FileDigest(long Bytes, string Sha256);
