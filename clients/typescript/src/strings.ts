/** What the bell says, in the order of the tables below. `{n}` is a number, `{title}` a notification's title. */
const names = [
  'title', 'button', 'arrived', 'many', 'unread', 'all', 'archived', 'markAllRead', 'markRead', 'markUnread', 'archive', 'restore', 'undo',
  'preferences', 'email', 'everything', 'back', 'loading', 'empty', 'reconnecting', 'offline', 'unauthorized', 'stopped', 'retry', 'failed', 'high', 'critical',
] as const;

/** Every word of the elements, by name. Replace some or all by their property `strings`. */
export type Strings = Record<(typeof names)[number], string>;

const tables: Record<string, string> = {
  en: 'Notifications|Notifications, {n} unread|New notification: {title}|{n} new notifications|Unread|All|Archived|Mark all as read|Mark as read|Mark as unread|Archive|Move back|Undo|Email settings|Email me about|Everything|Back|Loading|You’re all caught up|Reconnecting…|You’re offline|You’re signed out|Live updates are off|Reconnect|That didn’t work|Important|Urgent',
  de: 'Mitteilungen|Mitteilungen, {n} ungelesen|Neue Mitteilung: {title}|{n} neue Mitteilungen|Ungelesen|Alle|Archiv|Alle als gelesen markieren|Als gelesen markieren|Als ungelesen markieren|Archivieren|Zurückholen|Rückgängig|E-Mail-Einstellungen|E-Mails zu|Allem|Zurück|Lädt|Alles gelesen|Verbindet neu…|Keine Verbindung|Abgemeldet|Nicht mehr live|Neu verbinden|Das ging nicht|Wichtig|Dringend',
  fr: 'Notifications|Notifications, {n} non lues|Nouvelle notification : {title}|{n} nouvelles notifications|Non lues|Toutes|Archives|Tout marquer comme lu|Marquer comme lu|Marquer comme non lu|Archiver|Rétablir|Annuler|Réglages des e-mails|M’écrire pour|Tout|Retour|Chargement|Tout est lu|Reconnexion…|Hors ligne|Déconnecté|Direct interrompu|Reconnecter|Échec de l’action|Important|Urgent',
  es: 'Notificaciones|Notificaciones, {n} sin leer|Nueva notificación: {title}|{n} notificaciones nuevas|Sin leer|Todas|Archivadas|Marcar todo como leído|Marcar como leído|Marcar como no leído|Archivar|Recuperar|Deshacer|Ajustes de correo|Escribirme sobre|Todo|Volver|Cargando|Todo leído|Reconectando…|Sin conexión|Sesión cerrada|Ya no es en directo|Reconectar|No ha funcionado|Importante|Urgente',
  ar: 'الإشعارات|الإشعارات، غير المقروءة: {n}|إشعار جديد: {title}|إشعارات جديدة: {n}|غير مقروءة|الكل|الأرشيف|تعليم الكل كمقروء|تعليم كمقروء|تعليم كغير مقروء|أرشفة|استعادة|تراجع|إعدادات البريد|راسلني بشأن|كل شيء|رجوع|جارٍ التحميل|قرأت كل شيء|تعاد محاولة الاتصال…|لا يوجد اتصال|تم تسجيل خروجك|توقف التحديث المباشر|إعادة الاتصال|تعذر التنفيذ|مهم|عاجل',
};

/** The words of a language, given as a BCP 47 tag; English where there are none. */
export function strings(locale: string): Strings {
  const words = (tables[locale.slice(0, 2).toLowerCase()] ?? tables['en']!).split('|');
  return Object.fromEntries(names.map((name, i) => [name, words[i]])) as Strings;
}

/** Puts a value in its place. */
export function fill(text: string, value: string | number): string {
  return text.replace(/\{\w+\}/, () => String(value));
}
