namespace Krewe.Core.Admission;

/// <summary>One waiting place of an <see cref="AdmissionQueue{T}"/>. Numbers are never used twice; the default one is never given out.</summary>
public readonly record struct AdmissionTicket(long Number);
